import { breakingSet, exactCertificate, type Query } from '../certify/exact.ts';
import { predict } from '../certify/predict.ts';
import { type Proof, smoothedCertificate } from '../certify/smoothed.ts';
import { ANY_LABEL } from '../certify/threat.ts';
import { type ErrorCode, SuretyError } from '../errors.ts';
import { classSums } from '../kernel/class-sums.ts';
import { contributionsTo } from '../ridge/ridge.ts';
import type { Model } from './model.ts';
import { neymanPearsonTable } from './neyman-pearson-tables.ts';
import { checkNoise } from './settings.ts';

type Method = 'exact' | 'smoothed';

export interface CertifyOptions {
  readonly method: Method;
  /** Label noise of the smoothed classifier; default: the model's. */
  readonly q?: number | undefined;
  /** Accept a prediction that survives at least so many flips, refer the others to a human. */
  readonly requiredFlips?: number | undefined;
  readonly breakingSet?: boolean | undefined;
}

interface CertificateBase {
  readonly flips: number;
  /** flips / n */
  readonly fraction: number;
  readonly guarantee: 'deterministic';
}

interface ExactResult extends CertificateBase {
  readonly breaksWith: number | null;
  readonly unbreakable: boolean;
}

interface SmoothedResult extends CertificateBase {
  readonly q: number;
  readonly by: Proof;
  readonly klFlips: number;
  readonly neymanPearsonFlips: number;
  readonly linearFlips: number;
  /** Null when the failure is impossible. */
  readonly logFailure: number | null;
}

/** A certified prediction, in the names of the interface: classes by name. */
export interface Certified {
  readonly prediction: string | null;
  readonly abstained: boolean;
  readonly scores: Record<string, number>;
  readonly margin: number | null;
  readonly certificate: ExactResult | SmoothedResult | null;
  readonly outcome?: 'accept' | 'refer';
  readonly warnings?: string[];
  readonly explanation?: {
    readonly breakingSet: { row: number; from: string; to: string }[] | null;
  };
}

/** An instance that could not be certified. */
export interface Refused {
  readonly error: { readonly code: ErrorCode; readonly detail: string };
}

/** Other requests get a turn of the event loop after so many milliseconds. */
const TURN_MS = 10;

/**
 * Certifies each instance on its own: what one gets does not depend on the others, and a bad one gets an
 * error in its place. Stops with the signal's reason when it is aborted. Throws a SuretyError when `q` does
 * not fit the model.
 *
 * Cost of one: O(d^2 + n d), then for each rival class a few passes over n, or some thirty for smoothed.
 */
export async function certifyInstances(
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
): Promise<(Certified | Refused)[]> {
  checkNoise(options.q ?? model.settings.noise.q, model.classes.length);
  const results: (Certified | Refused)[] = [];
  let turnEnds = performance.now() + TURN_MS;
  for (const instance of instances) {
    if (performance.now() > turnEnds) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      turnEnds = performance.now() + TURN_MS;
    }
    results.push(certifyOrRefuse(model, instance, options));
  }
  return results;
}

function certifyOrRefuse(model: Model, instance: unknown, options: CertifyOptions): Certified | Refused {
  try {
    return certifyInstance(model, instance, options);
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return { error: { code: error.code, detail: error.message } };
  }
}

function certifyInstance(model: Model, instance: unknown, options: CertifyOptions): Certified {
  const { workspace, ridge, labels } = model;
  const warnings = model.map.encode(instance, workspace.query);
  contributionsTo(workspace.query, ridge, workspace.direction, workspace.alpha);
  classSums(workspace.alpha, labels, workspace.sums, workspace.magnitudes);
  if (!workspace.magnitudes.every((magnitude) => magnitude < 2 ** 1000)) {
    throw new SuretyError('not_finite', 'the scores of the instance overflow');
  }
  const query: Query = { alpha: workspace.alpha, labels, scores: workspace };
  const certified =
    options.method === 'exact' ? byExact(model, query, options) : bySmoothing(model, query, options);
  const { requiredFlips } = options;
  const enough = (certified.certificate?.flips ?? -1) >= (requiredFlips ?? 0);
  return {
    ...certified,
    ...(requiredFlips !== undefined && { outcome: enough ? 'accept' : 'refer' }),
    ...(certified.abstained && { outcome: 'refer' }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function byExact(model: Model, query: Query, options: CertifyOptions): Certified {
  const { rule, workspace, classes } = model;
  const prediction = predict(query.alpha, query.labels, query.scores, rule);
  const certificate = exactCertificate(query, prediction, rule, ANY_LABEL, workspace.buckets);
  const { flips, unbreakable } = certificate;
  const found = options.breakingSet
    ? breakingSet(query, prediction, certificate, rule, ANY_LABEL, workspace.buckets)
    : undefined;
  const named = found?.map(({ row, from, to }) => ({ row, from: classes[from]!, to: classes[to]! })) ?? null;
  return {
    ...predicted(model, prediction),
    certificate: {
      ...proved(flips, query),
      breaksWith: unbreakable ? null : flips + 1,
      unbreakable,
    },
    ...(found !== undefined && { explanation: { breakingSet: named } }),
  };
}

function bySmoothing(model: Model, query: Query, options: CertifyOptions): Certified {
  const { rule, classes, settings, workspace } = model;
  const noise = checkNoise(options.q ?? settings.noise.q, classes.length);
  const certificate = smoothedCertificate(
    query,
    rule,
    neymanPearsonTable(noise),
    ANY_LABEL,
    workspace.buckets,
  );
  if (certificate === null) {
    return { ...predicted(model, null), certificate: null };
  }
  const { prediction, flips, by, klFlips, neymanPearsonFlips, linearFlips, logFailure } = certificate;
  return {
    ...predicted(model, prediction),
    certificate: {
      ...proved(flips, query),
      q: noise.q,
      by,
      klFlips,
      neymanPearsonFlips,
      linearFlips,
      logFailure: logFailure === Number.NEGATIVE_INFINITY ? null : logFailure,
    },
  };
}

function proved(flips: number, query: Query): CertificateBase {
  return { flips, fraction: flips / query.labels.length, guarantee: 'deterministic' };
}

/**
 * Prediction and scores by name. The margin is the score's distance from the threshold, or the lead over the
 * best rival score; it is of the classifier without noise, and negative where smoothing predicts otherwise.
 */
function predicted(model: Model, prediction: number | null) {
  const { classes, rule, workspace } = model;
  const scores = Object.fromEntries(classes.map((name, label) => [name, workspace.sums[label]!]));
  return {
    prediction: prediction === null ? null : classes[prediction]!,
    abstained: prediction === null,
    scores,
    margin: prediction === null ? null : marginOf(workspace.sums, prediction, rule),
  };
}

function marginOf(sums: Float64Array, prediction: number, rule: Model['rule']): number {
  if (rule.kind === 'threshold') {
    const above = sums[rule.positive]! - rule.value;
    return prediction === rule.positive ? above : -above;
  }
  let runnerUp = Number.NEGATIVE_INFINITY;
  for (let label = 0; label < sums.length; label++) {
    if (label !== prediction && sums[label]! > runnerUp) runnerUp = sums[label]!;
  }
  return sums[prediction]! - runnerUp;
}
