import type { DecisionRule } from '../certify/contest.ts';
import { labelNoise } from '../certify/label-noise.ts';
import type { Weights } from '../certify/weights.ts';
import { SuretyError } from '../errors.ts';
import { type FeatureSettings, featureColumns } from '../features/feature-map.ts';
import { type Dataset, notFeaturesOf } from '../ingest/dataset.ts';

/** Names in one message. */
const MAX_NAMED = 20;

/**
 * An ensemble of classifiers, one a part of the training rows, and what it guards against: changes of labels, or of
 * whole rows. certificates.md section 5.
 */
export interface PartitionSettings {
  readonly count: number;
  readonly threat: 'labels' | 'rows';
}

/** The label-free settings of a model, complete: every default filled in. */
export interface ModelSettings {
  readonly centre: boolean;
  readonly intercept: boolean;
  readonly lambda: { readonly relative: number } | { readonly absolute: number };
  readonly rule:
    | { readonly kind: 'argmax' }
    | { readonly kind: 'threshold'; readonly value: number; readonly positive: string };
  readonly noise: { readonly q: number };
  readonly weights: Weights;
  readonly partitions: PartitionSettings | null;
  readonly features: FeatureSettings;
}

/** Settings as a registration gives them; what depends on the data is still open. */
export type RequestedSettings = Omit<ModelSettings, 'rule' | 'features'> & {
  readonly rule:
    | { readonly kind: 'argmax' }
    | { kind: 'threshold'; value: number; positive?: string | undefined };
  readonly features: Omit<FeatureSettings, 'standardise'> & { readonly standardise?: boolean | undefined };
};

/** Fills in the defaults that depend on the data and checks the settings against the classes. */
export function completeSettings(
  requested: RequestedSettings,
  classes: readonly string[],
  kind: 'table' | 'vectors',
): ModelSettings {
  const { rule, features } = requested;
  checkNoise(requested.noise.q, classes.length);
  return {
    ...requested,
    rule: rule.kind === 'argmax' ? rule : { ...rule, positive: rule.positive ?? classes.at(-1)! },
    features: { ...features, standardise: features.standardise ?? kind === 'table' },
  };
}

/** The decision rule in class numbers. Throws a SuretyError when a threshold does not fit the classes. */
export function decisionRule({ rule }: ModelSettings, classes: readonly string[]): DecisionRule {
  if (rule.kind === 'argmax') return rule;
  if (classes.length !== 2) {
    throw new SuretyError(
      'invalid_settings',
      `rule: a threshold needs two classes, the data has ${classes.length}`,
    );
  }
  const positive = classes.indexOf(rule.positive);
  if (positive < 0) {
    throw new SuretyError(
      'invalid_settings',
      `rule.positive: '${rule.positive.slice(0, 100)}' is not one of the classes`,
    );
  }
  return { kind: 'threshold', value: rule.value, positive };
}

/** Label noise for so many classes. Throws a SuretyError when q is out of range. */
export function checkNoise(q: number, classes: number) {
  try {
    return labelNoise(q, classes);
  } catch (error) {
    throw new SuretyError('invalid_settings', `noise.${(error as RangeError).message}`);
  }
}

/** Throws a SuretyError when the weights mark more contributions than there are training rows. */
export function checkWeights(weights: Weights, rows: number): void {
  if (typeof weights === 'object' && 'top' in weights && weights.top > rows) {
    throw new SuretyError(
      'invalid_settings',
      `weights.top: expected at most ${rows}, the rows, got ${weights.top}`,
    );
  }
}

/** Contests that an ensemble's vote may take, partitions x classes^2: a second or so for one instance. */
const MAX_CONTESTS = 20_000_000;

/**
 * Throws a SuretyError when there are too many partitions for so many classes, or when they are to guard against
 * changed rows and something that shapes every partition is left to be found from all rows: a column's type, or the
 * class list (certificates.md section 5.2).
 */
export function checkPartitions(partitions: PartitionSettings | null, dataset: Dataset): void {
  if (partitions === null) return;
  const classes = dataset.labels.classes.length;
  if (partitions.count * classes ** 2 > MAX_CONTESTS) {
    throw new SuretyError(
      'invalid_settings',
      `partitions.count: with ${classes} classes expected at most ${Math.floor(MAX_CONTESTS / classes ** 2)}, got ${partitions.count}`,
    );
  }
  if (partitions.threat === 'rows') checkDeclared(dataset);
}

/** Throws a SuretyError that names what would otherwise be found from all rows. */
function checkDeclared(dataset: Dataset): void {
  const { data, declared } = dataset;
  const columns = data.kind === 'table' ? featureColumns(data, notFeaturesOf(dataset)) : [];
  const undeclared = columns.filter(({ name }) => !declared.columnTypes.includes(name));
  const missing = [
    ...(declared.classes ? [] : ['classes']),
    ...undeclared.map(({ name }) => `columnTypes.${name}`),
  ];
  if (missing.length === 0) return;
  const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : '';
  throw new SuretyError(
    'invalid_settings',
    `partitions: against changed rows nothing may be found from all rows; declare ${missing.slice(0, MAX_NAMED).join(', ')}${more}`,
  );
}
