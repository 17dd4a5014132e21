import type { DecisionRule } from '../certify/contest.ts';
import { labelNoise } from '../certify/label-noise.ts';
import { SuretyError } from '../errors.ts';
import type { FeatureSettings } from '../features/feature-map.ts';

/** The label-free settings of a model, complete: every default filled in. */
export interface ModelSettings {
  readonly centre: boolean;
  readonly intercept: boolean;
  readonly lambda: { readonly relative: number } | { readonly absolute: number };
  readonly rule:
    | { readonly kind: 'argmax' }
    | { readonly kind: 'threshold'; readonly value: number; readonly positive: string };
  readonly noise: { readonly q: number };
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
