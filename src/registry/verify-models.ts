import { collectGarbage } from '../process/collect-garbage.ts';
import type { ModelStore, Parts, StoredVersion } from '../store/model-store.ts';
import { Workers } from '../workers/workers.ts';
import { damageOf, loadParts } from './load-stored.ts';
import { refitStored } from './refit-stored.ts';

/** A stored version with its parts as they were read, or what is wrong with it. */
export type Verified =
  | { readonly stored: StoredVersion; readonly damage: null; readonly parts: Parts }
  | { readonly stored: StoredVersion; readonly damage: string };

/** Shared memory is freed only when garbage is collected, which V8 sees no reason to do: it is asked to after so much growth. */
const COLLECT_FROM = 2 ** 28;

/**
 * Reads every version that a store has as a start does: each part against its checksum, and its seal where there are seals, the
 * content against the digest, and that all of them together are a model; with `refit`, also against what a fit gives, in so
 * many threads. One at a time: takes the memory of the largest, twice for a fit. Throws what the store throws.
 */
export async function* verifyModels(
  store: ModelStore,
  { refit, threads }: { readonly refit: boolean; readonly threads: number },
): AsyncGenerator<Verified> {
  const workers = new Workers(refit ? threads : 1, 1); // started when there is something to fit
  let resident = process.memoryUsage.rss();
  try {
    for (const stored of await store.list()) {
      try {
        const { model, parts } = await loadParts(store, stored, workers);
        if (refit) await refitStored(store, model, parts, workers);
        yield { stored, damage: null, parts };
      } catch (error) {
        const damage = await damageOf(store, stored, error);
        if (damage !== null) yield { stored, damage };
      }
      if (process.memoryUsage.rss() - resident < COLLECT_FROM) continue;
      await collectGarbage();
      resident = process.memoryUsage.rss();
    }
  } finally {
    await workers.close();
  }
}
