import { collectGarbage } from '../process/collect-garbage.ts';
import type { ModelStore, StoredVersion } from '../store/model-store.ts';
import { Workers } from '../workers/workers.ts';
import { damageOf, loadStored } from './load-stored.ts';

/** A stored version, and what is wrong with it; null when a start would serve it. */
export interface Verified extends StoredVersion {
  readonly damage: string | null;
}

/** Shared memory is freed only when garbage is collected, which V8 sees no reason to do: it is asked to after so much growth. */
const COLLECT_FROM = 2 ** 28;

/**
 * Reads every version that a store has as a start does: each part against its checksum, the content against the digest, and
 * that all of them together are a model. One at a time: takes the memory of the largest. Throws what the store throws.
 */
export async function* verifyModels(store: ModelStore): AsyncGenerator<Verified> {
  const workers = new Workers(1, 1); // which it never starts
  let resident = process.memoryUsage.rss();
  for (const stored of await store.list()) {
    try {
      await loadStored(store, stored, workers);
      yield { ...stored, damage: null };
    } catch (error) {
      const damage = await damageOf(store, stored, error);
      if (damage !== null) yield { ...stored, damage };
    }
    if (process.memoryUsage.rss() - resident < COLLECT_FROM) continue;
    await collectGarbage();
    resident = process.memoryUsage.rss();
  }
}
