import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import type { Workers } from './workers.ts';

/** Instances that are handed over together. */
const CHUNK = 256;

/** As `Workers.certify`, one result after the other; few of them are in memory at a time. */
export async function* certifyEach(
  workers: Workers,
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  { signal, account }: { readonly signal: AbortSignal; readonly account?: string | undefined },
): AsyncGenerator<Certified | Refused> {
  const ask = (from: number) => {
    const asked = workers.certify(model, instances.slice(from, from + CHUNK), options, signal, {
      admitted: from > 0,
      account,
    });
    asked.catch(() => undefined); // thrown below, when its turn comes
    return asked;
  };
  const inFlight: Promise<(Certified | Refused)[]>[] = [];
  for (let from = 0; from < instances.length; from += CHUNK) {
    inFlight.push(ask(from));
    if (inFlight.length > workers.count) yield* await inFlight.shift()!;
  }
  for (const chunk of inFlight) yield* await chunk;
}
