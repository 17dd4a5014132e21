import type { Query } from '../certify/exact.ts';
import type { LabelNoise } from '../certify/label-noise.ts';
import { ANY_LABEL, flippableRows, type ThreatModel } from '../certify/threat.ts';
import { SuretyError } from '../errors.ts';
import { takingTurns } from '../taking-turns.ts';
import type { Certified, Refused, Verdict } from './certified.ts';
import { certifyExact } from './certify-exact.ts';
import { certifyMonteCarlo, type MonteCarloSettings, queriesABlock } from './certify-monte-carlo.ts';
import { certifyPartition } from './certify-partition.ts';
import { certifySmoothed } from './certify-smoothed.ts';
import { requireEnsemble } from './ensemble.ts';
import { type ExplainOptions, prepareExplain } from './explain/explain.ts';
import type { Model } from './model.ts';
import { flipsInTurns, neymanPearsonTable } from './neyman-pearson-tables.ts';
import { scoreInstance } from './score-instance.ts';
import { checkNoise } from './settings.ts';

export type Method = 'exact' | 'smoothed' | 'monte-carlo' | 'partition';

export interface CertifyOptions {
  readonly method: Method;
  /** Label noise of the smoothed classifier; default: the model's. */
  readonly q?: number | undefined;
  /** Needed by method monte-carlo. */
  readonly monteCarlo?: MonteCarloSettings | undefined;
  /** What the adversary may do; default: change any label. */
  readonly threat?: ThreatModel | undefined;
  /** Accept a prediction that survives at least so many flips, refer the others to a human. */
  readonly requiredFlips?: number | undefined;
  /** For the exact method. */
  readonly explain?: ExplainOptions | undefined;
}

/**
 * Certifies each instance on its own: what one gets does not depend on the others, and a bad one gets an
 * error in its place. Gives other requests turns, and stops with the signal's reason when it is aborted.
 * Throws a SuretyError when the options do not fit the model. What an explanation needs of the whole model is
 * prepared before the first instance.
 *
 * Cost of one: O(d^2 + n d), then for each rival class a few passes over n, or some thirty for smoothed; for
 * monte-carlo a pass a sample, the drawing shared by a block of instances. An ensemble takes the same as exact
 * for all its members together, and its knapsack.
 */
export async function* certifyEach(
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
): AsyncGenerator<Certified | Refused> {
  const { threat = ANY_LABEL, q = model.settings.noise.q } = options;
  const noise = checkNoise(q, model.classes.length);
  const required = requirement(model, threat, options.requiredFlips);
  const turn = takingTurns(signal);
  const answers =
    options.method === 'monte-carlo'
      ? certifySampled(model, instances, options, threat, noise, turn)
      : certifyOneByOne(instances, await methodFor(model, options, threat, noise, turn), turn);
  for await (const answer of answers) yield 'error' in answer ? answer : finished(answer, required);
}

/** All of `certifyEach`. */
export async function certifyInstances(
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
): Promise<(Certified | Refused)[]> {
  const results: (Certified | Refused)[] = [];
  for await (const result of certifyEach(model, instances, options, signal)) results.push(result);
  return results;
}

/** A verdict, and the warnings of the instance's encoding. */
type Answer = { readonly verdict: Verdict; readonly warnings: string[] };

async function* certifyOneByOne(
  instances: readonly unknown[],
  certify: (instance: unknown) => Answer,
  turn: () => Promise<void>,
): AsyncGenerator<Answer | Refused> {
  for (const instance of instances) {
    await turn();
    yield orRefused(() => certify(instance));
  }
}

async function methodFor(
  model: Model,
  { method, explain = {} }: CertifyOptions,
  threat: ThreatModel,
  noise: LabelNoise,
  turn: () => Promise<void>,
): Promise<(instance: unknown) => Answer> {
  if (method === 'partition') {
    const ensemble = requireEnsemble(model);
    return (instance) => certifyPartition(model, ensemble, instance, threat);
  }
  if (method === 'smoothed') {
    const table = neymanPearsonTable(noise);
    const most = flippableRows(threat, model.labels, model.classes.length);
    await flipsInTurns(table, Number.NEGATIVE_INFINITY, most, turn); // so that no instance computes many at once
    return (instance) => {
      const { query, warnings } = scoreInstance(model, instance);
      return { verdict: certifySmoothed(model, query, threat, table), warnings };
    };
  }
  const explanation = await prepareExplain(model, explain);
  return (instance) => {
    const { query, warnings } = scoreInstance(model, instance);
    const verdict = certifyExact(model, instance, query, threat, explanation);
    return { verdict, warnings };
  };
}

async function* certifySampled(
  model: Model,
  instances: readonly unknown[],
  { monteCarlo }: CertifyOptions,
  threat: ThreatModel,
  noise: LabelNoise,
  turn: () => Promise<void>,
): AsyncGenerator<Answer | Refused> {
  const block = queriesABlock(model.labels.length);
  for (let first = 0; first < instances.length; first += block) {
    const scored = instances.slice(first, first + block).map((instance) =>
      orRefused(() => {
        const { query, warnings } = scoreInstance(model, instance);
        return { query: ownCopy(query), warnings };
      }),
    );
    const queries = scored.flatMap((one) => ('query' in one ? one.query : []));
    const verdicts = await certifyMonteCarlo(model, queries, threat, noise, monteCarlo!, turn);
    let next = 0;
    for (const one of scored) {
      yield 'error' in one ? one : { verdict: verdicts[next++]!, warnings: one.warnings };
    }
  }
}

/** A query outside the model's workspace. */
function ownCopy({ alpha, labels, scores }: Query): Query {
  const { sums, magnitudes } = scores;
  return { alpha: alpha.slice(), labels, scores: { sums: sums.slice(), magnitudes: magnitudes.slice() } };
}

/** The flips to ask for: no certificate counts more than the rows that may be flipped, and those are all there are. */
function requirement(model: Model, threat: ThreatModel, flips: number | undefined): number | undefined {
  return flips && Math.min(flips, flippableRows(threat, model.labels, model.classes.length));
}

function finished({ verdict, warnings }: Answer, required: number | undefined): Certified {
  const enough = (verdict.certificate?.flips ?? -1) >= (required ?? 0);
  return {
    ...verdict,
    ...(required !== undefined && { outcome: enough ? 'accept' : 'refer' }),
    ...(verdict.abstained && { outcome: 'refer' }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function orRefused<Result>(attempt: () => Result): Result | Refused {
  try {
    return attempt();
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return { error: { code: error.code, detail: error.message } };
  }
}
