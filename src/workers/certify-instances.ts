import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import type { OnBatch } from './batch.ts';
import type { ServedModel } from './served-model.ts';

export type { CertifyOptions, Method } from '../verdict/certifier.ts';

/** Instances that `certifyEach` hands over together. */
const CHUNK = 256;

/**
 * Certifies each instance on its own: what one gets does not depend on the others, and a bad one gets an error in its
 * place. Throws a SuretyError when the options do not fit the model or the service is overloaded, and the signal's reason
 * when it is aborted. Cost: see `certifyJobs`.
 */
export function certifyInstances(
  model: ServedModel,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
  onBatch?: OnBatch,
): Promise<(Certified | Refused)[]> {
  return model.threads.certify(model, instances, options, signal, { onBatch });
}

/** As `certifyInstances`, one result after the other; few of them are in memory at a time. */
export async function* certifyEach(
  model: ServedModel,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal: AbortSignal,
): AsyncGenerator<Certified | Refused> {
  const ask = (from: number) => {
    const asked = model.threads.certify(model, instances.slice(from, from + CHUNK), options, signal, {
      admitted: from > 0,
    });
    asked.catch(() => undefined); // thrown below, when its turn comes
    return asked;
  };
  const inFlight: Promise<(Certified | Refused)[]>[] = [];
  for (let from = 0; from < instances.length; from += CHUNK) {
    inFlight.push(ask(from));
    if (inFlight.length > model.threads.workers) yield* await inFlight.shift()!;
  }
  for (const chunk of inFlight) yield* await chunk;
}
