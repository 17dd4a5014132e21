import type { Query } from '../certify/query.ts';
import { ANY_LABEL, type ThreatModel } from '../certify/threat.ts';
import { requireEnsemble } from '../model/ensemble.ts';
import type { Model } from '../model/model.ts';
import { checkNoise } from '../model/settings.ts';
import type { Verdict } from './certified-prediction.ts';
import { certifyExact } from './certify-exact.ts';
import {
  certifyMonteCarlo,
  type MonteCarloSettings,
  queriesABlock,
  type Sampled,
  sample,
  samplesInAll,
} from './certify-monte-carlo.ts';
import { certifyPartition } from './certify-partition.ts';
import { certifySmoothed } from './certify-smoothed.ts';
import { checkExplain, type ExplainOptions, prepareExplain } from './explain/explain.ts';
import type { Method } from './methods.ts';
import { neymanPearsonTable } from './neyman-pearson-tables.ts';
import type { Scored } from './score-instance.ts';
import type { Stopwatch } from './stopwatch.ts';

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

/** How the instances of one request are certified. */
export type Certifier =
  /** One by one, by what they score. `alone`: it scores other instances too, so that none may wait in the workspace. */
  | { readonly kind: 'scored'; readonly alone: boolean; readonly verdict: (scored: Scored) => Verdict }
  /** At most `block` together, by `samples` samples on what they score; the queries are copies. */
  | {
      readonly kind: 'sampled';
      readonly block: number;
      readonly samples: number;
      readonly sample: (queries: readonly Query[], before: Sampled | null, most: number) => Sampled;
      readonly verdicts: (queries: readonly Query[], sampled: Sampled) => Verdict[];
    }
  /** One by one, with scores of its own. */
  | {
      readonly kind: 'voted';
      readonly vote: (instance: unknown, stopwatch: Stopwatch) => { verdict: Verdict; warnings: string[] };
    };

/**
 * The certifier for a request's options, in this thread. `checkCancelled` is called now and then in long work, and may throw.
 * Throws a SuretyError when the options do not fit the model.
 */
export function certifierFor(model: Model, options: CertifyOptions, checkCancelled: () => void): Certifier {
  const { method, explain = {}, monteCarlo, threat = ANY_LABEL, q = model.settings.noise.q } = options;
  const noise = checkNoise(q, model.classes.length);
  if (method === 'partition') {
    const ensemble = requireEnsemble(model);
    return {
      kind: 'voted',
      vote: (instance, stopwatch) => certifyPartition(model, ensemble, instance, threat, stopwatch),
    };
  }
  if (method === 'monte-carlo') {
    const sampling = { threat, noise, settings: monteCarlo!, checkCancelled };
    return {
      kind: 'sampled',
      block: queriesABlock(model.labels.length),
      samples: samplesInAll(sampling.settings),
      sample: (queries, before, most) => sample(model, queries, sampling, before, most),
      verdicts: (queries, sampled) => certifyMonteCarlo(model, queries, sampling, sampled),
    };
  }
  if (method === 'smoothed') {
    const table = neymanPearsonTable(noise);
    return {
      kind: 'scored',
      alone: false,
      verdict: ({ query }) => certifySmoothed(model, query, threat, table),
    };
  }
  const explanation = prepareExplain(model, explain);
  return {
    kind: 'scored',
    alone: explain.invariantTo !== undefined,
    verdict: (scored) => certifyExact(model, scored, threat, explanation),
  };
}

/** Throws the SuretyError that `certifierFor` would throw. Cost: small, whatever the model. */
export function checkOptions(model: Model, { method, q, explain }: CertifyOptions): void {
  checkNoise(q ?? model.settings.noise.q, model.classes.length);
  if (method === 'partition') requireEnsemble(model);
  if (method === 'exact' && explain !== undefined) checkExplain(model, explain);
}
