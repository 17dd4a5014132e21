import { type CertifiedRows, classSwapCeiling, median, WRONG } from '../certify/certified-accuracy.ts';
import type { ThreatModel } from '../certify/threat.ts';
import { gramOf } from '../fit/fit-ridge.ts';
import { variedModel } from '../fit/vary-model.ts';
import type { Model } from '../model/model.ts';
import { inSteps, takingTurns } from '../process/taking-turns.ts';
import type { SharedGram } from '../ridge/shared-gram.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import type { MonteCarloSettings } from '../verdict/certify-monte-carlo.ts';
import { type Classifier, METHODS, type Method } from '../verdict/methods.ts';
import { certifyEach } from '../workers/certify-each.ts';
import { costOfCertifying } from '../workers/cost-of-certifying.ts';
import type { Workers } from '../workers/workers.ts';
import { readMeasured } from './measured-rows.ts';
import type { Evaluation } from './requested-evaluations.ts';
import { attackedCurve, type Summary, summarise } from './summary.ts';
import type { TestSet } from './test-set.ts';

/** Certified accuracy of one evaluation. */
export interface EvaluationResult extends Summary {
  readonly name: string;
  readonly method: Method;
  readonly classifier: Classifier;
  /** Null where the ceiling does not hold: under a threshold rule, or when the threat model restricts flips. */
  readonly ceilingMedianFlips: number | null;
}

/** What is measured on a test set. */
export interface EvaluationReport {
  readonly model: { readonly name: string; readonly version: number; readonly digest: string };
  readonly rows: number;
  /** Accuracy of always predicting the training set's most frequent class. */
  readonly majorityAccuracy: number;
  readonly evaluations: EvaluationResult[];
  readonly undefended: { readonly curve: { flips: number; accuracy: number }[] };
}

export interface EvaluateOptions {
  /** What certifies the rows. */
  readonly workers: Workers;
  /** What the adversary may do; default: change any label. */
  readonly threat?: ThreatModel | undefined;
  /** Needed by method monte-carlo. */
  readonly monteCarlo?: MonteCarloSettings | undefined;
  /** On whose account the work is. */
  readonly account?: string | undefined;
  /** Called at once and after each certified row; `total` is rows times evaluations, the undefended model included. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The undefended model's lambda, relative: as good as none beside the variance of the features, yet enough for a Cholesky
 * factor where they are collinear, as one-hot ones are. The smallest pivot is at least lambda = 1e-6 trace/d and the
 * largest at most the trace (and lambda), a ratio of 1e-6/d, which `choleskyFactor` accepts up to some 60,000 features.
 */
const UNDEFENDED_LAMBDA = 1e-6;

/**
 * Certified accuracy of a model on a test set, for each evaluation, beside that of the most frequent class and of an
 * undefended model. certificates.md section 8. Of each row only a few numbers are kept; models that vary lambda are made one
 * after the other. Gives other requests turns, and stops with the signal's reason when it is aborted.
 *
 * Throws a SuretyError when a lambda does not fit the features, or the scores of an instance overflow. Cost: one Gram
 * matrix, O(n d^2), for each varied lambda a factor, O(d^3), and for each row and evaluation that of certifyEach.
 */
export async function evaluate(
  model: Model,
  test: TestSet,
  evaluations: readonly Evaluation[],
  { workers, threat, monteCarlo, account, onProgress }: EvaluateOptions,
  signal: AbortSignal,
): Promise<EvaluationReport> {
  const { name, version, digest, counts, classes } = model;
  const rows = test.labels.length;
  const labelOf = new Map(classes.map((own, label) => [own, label]));
  const truth = Int32Array.from(test.labels, (own) => labelOf.get(own)!);
  const most = counts.indexOf(counts.reduce((a, b) => Math.max(a, b)));
  const majorityAccuracy = truth.filter((label) => label === most).length / rows;
  const total = rows * (evaluations.length + 1);
  let done = 0;
  onProgress?.(done, total);
  const advance = () => onProgress?.(++done, total);
  const { features, means } = model.ridge;
  const gram = await gramOf(features, means, workers, signal);
  const certify = (varied: Model, options: CertifyOptions) => {
    const rowByRow = certifyEach(workers, varied, test.instances, options, { signal, account });
    return readMeasured(rowByRow, truth, classes, advance).finally(() => workers.forget(varied));
  };

  const results: EvaluationResult[] = [];
  for (const evaluation of evaluations) {
    const { method, q } = evaluation;
    const varied = await variedModel(model, gram, evaluation, workers);
    const options = { method, q, threat, monteCarlo };
    const measured = await certify(varied, options);
    const summary = summarise(measured, truth, classes, model.labels.length, majorityAccuracy);
    results.push({
      ...{ name: evaluation.name, method, classifier: METHODS[method].classifier },
      ...(await inSteps(summary, takingTurns(signal))),
      ceilingMedianFlips: hasCeiling(varied, method, threat)
        ? ceilingMedian(model, truth, measured.flips)
        : null,
    });
  }
  const undefended = await undefendedModel(model, gram, workers);
  const attacked = await certify(undefended, { method: 'exact', threat });
  workers.letGo(gram.values.byteLength);
  return {
    model: { name, version, digest },
    rows,
    majorityAccuracy,
    evaluations: results,
    undefended: { curve: attackedCurve(attacked.flips) },
  };
}

/** About how many multiply-adds `evaluate` takes for so many instances. */
export function costOfEvaluating(
  model: Model,
  evaluations: readonly Evaluation[],
  monteCarlo: MonteCarloSettings,
  instances: number,
): number {
  const { rows, columns } = model.ridge.features;
  const all = [...evaluations, { method: 'exact' } as const];
  return all.reduce(
    (sum, { method }) => sum + costOfCertifying(model, { method, monteCarlo }, instances) + columns ** 3 / 3,
    (rows * columns ** 2) / 2,
  );
}

/** The model all but unregularised and with raw contributions. */
export function undefendedModel(model: Model, gram: SharedGram, workers: Workers): Promise<Model> {
  const least = (UNDEFENDED_LAMBDA * gram.trace()) / gram.size;
  // Without variance every lambda gives the same scores, all zero.
  const absolute = least > 0 ? least : model.lambda;
  return variedModel(model, gram, { lambda: { absolute }, weights: 'raw' }, workers);
}

/**
 * Whether the classifier treats classes alike, and any label may change: not with a threshold, nor with rows dealt by
 * their labels.
 */
function hasCeiling({ rule, settings }: Model, method: Method, threat: ThreatModel | undefined): boolean {
  const dealtByLabels = method === 'partition' && settings.partitions?.threat === 'rows';
  return rule.kind === 'argmax' && threat === undefined && !dealtByLabels;
}

/** Median over the rows of the most flips that any even-handed learner could certify where this one is right. */
function ceilingMedian({ counts }: Model, truth: Int32Array, flips: CertifiedRows): number {
  const ceilings = counts.map((_, label) => classSwapCeiling(counts, label));
  return median(flips.map((own, row) => (own === WRONG ? WRONG : ceilings[truth[row]!]!)));
}
