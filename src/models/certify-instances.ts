import { ANY_LABEL, type ThreatModel } from '../certify/threat.ts';
import { SuretyError } from '../errors.ts';
import type { Certified, Refused, Verdict } from './certified.ts';
import { certifyExact } from './certify-exact.ts';
import { certifyPartition } from './certify-partition.ts';
import { certifySmoothed } from './certify-smoothed.ts';
import type { Ensemble } from './ensemble.ts';
import type { Model } from './model.ts';
import { scoreInstance } from './score-instance.ts';
import { checkNoise } from './settings.ts';

export type Method = 'exact' | 'smoothed' | 'partition';

export interface CertifyOptions {
  readonly method: Method;
  /** Label noise of the smoothed classifier; default: the model's. */
  readonly q?: number | undefined;
  /** What the adversary may do; default: change any label. */
  readonly threat?: ThreatModel | undefined;
  /** Accept a prediction that survives at least so many flips, refer the others to a human. */
  readonly requiredFlips?: number | undefined;
  readonly explain?: { readonly breakingSet?: boolean | undefined } | undefined;
}

/** Other requests get a turn of the event loop after so many milliseconds. */
const TURN_MS = 10;

/**
 * Certifies each instance on its own: what one gets does not depend on the others, and a bad one gets an
 * error in its place. Gives other requests turns, and stops with the signal's reason when it is aborted.
 * Throws a SuretyError when the options do not fit the model.
 *
 * Cost of one: O(d^2 + n d), then for each rival class a few passes over n, or some thirty for smoothed. An ensemble
 * takes the same for all its members together, and its knapsack.
 */
export async function* certifyEach(
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
): AsyncGenerator<Certified | Refused> {
  const certify = methodFor(model, options);
  let turnEnds = performance.now() + TURN_MS;
  for (const instance of instances) {
    if (performance.now() > turnEnds) {
      await new Promise(setImmediate);
      signal.throwIfAborted();
      turnEnds = performance.now() + TURN_MS;
    }
    yield orRefused(() => finished(certify(instance), options));
  }
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

function methodFor(model: Model, options: CertifyOptions): (instance: unknown) => Answer {
  const { method, threat = ANY_LABEL, explain = {} } = options;
  if (method === 'partition') {
    const ensemble = ensembleIn(model);
    return (instance) => certifyPartition(model, ensemble, instance, threat);
  }
  const noise = checkNoise(options.q ?? model.settings.noise.q, model.classes.length);
  return (instance) => {
    const { query, warnings } = scoreInstance(model, instance);
    const verdict =
      method === 'exact'
        ? certifyExact(model, query, threat, explain)
        : certifySmoothed(model, query, threat, noise);
    return { verdict, warnings };
  };
}

function ensembleIn({ ensemble }: Model): Ensemble {
  if (ensemble !== null) return ensemble;
  throw new SuretyError(
    'invalid_settings',
    'method partition: the model has no partitions; register it with settings.partitions',
  );
}

function finished({ verdict, warnings }: Answer, { requiredFlips }: CertifyOptions): Certified {
  const enough = (verdict.certificate?.flips ?? -1) >= (requiredFlips ?? 0);
  return {
    ...verdict,
    ...(requiredFlips !== undefined && { outcome: enough ? 'accept' : 'refer' }),
    ...(verdict.abstained && { outcome: 'refer' }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function orRefused(certify: () => Certified): Certified | Refused {
  try {
    return certify();
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return { error: { code: error.code, detail: error.message } };
  }
}
