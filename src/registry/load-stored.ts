import type { Model } from '../model/model.ts';
import { StoredMemories, sourceFromParts } from '../model/model-parts.ts';
import { openModel } from '../model/open-model.ts';
import { DamagedModelError, type ModelStore, type Parts, type StoredVersion } from '../store/model-store.ts';
import { MAIN_THREAD } from '../workers/main-thread.ts';
import type { Workers } from '../workers/workers.ts';

/**
 * Reads a stored version into memory that all threads share, and opens it. Throws a DamagedModelError when its parts are not
 * what was registered; what the store throws; and a RangeError when there is not enough memory.
 */
export async function loadStored(store: ModelStore, stored: StoredVersion, workers: Workers): Promise<Model> {
  return (await loadParts(store, stored, workers)).model;
}

/** The same, with the parts that it was read from. */
export async function loadParts(
  store: ModelStore,
  stored: StoredVersion,
  workers: Workers,
): Promise<{ readonly model: Model; readonly parts: Parts }> {
  const { name, version, digest } = stored;
  const [manifest, state] = [
    await store.readPart(name, version, 'manifest'),
    await store.readPart(name, version, 'state'),
  ];
  const memories = decoded(() => new StoredMemories(digest, manifest, state, workers.slots));
  try {
    const parts = await store.read(name, version, memories.allocate);
    const model = decoded(() => openModel(sourceFromParts(stored, parts, memories), MAIN_THREAD));
    return { model, parts };
  } catch (error) {
    const { rows, factor } = memories;
    for (const { memory } of [...rows.handle.memories, factor.handle.memory])
      workers.letGo(memory.buffer.byteLength);
    throw error;
  }
}

/** Parts that are what they should be, and make no model, are damage as well; memory that cannot be had is not. */
function decoded<Result>(decode: () => Result): Result {
  try {
    return decode();
  } catch (cause) {
    if (cause instanceof DamagedModelError || cause instanceof RangeError) throw cause;
    throw new DamagedModelError('its stored parts make no model', { cause });
  }
}

/**
 * What is wrong with a version that was not loaded, from the error of it; null when it has been deleted meanwhile. Throws an
 * error again that says nothing about what is stored.
 */
export async function damageOf(
  store: ModelStore,
  stored: StoredVersion,
  error: unknown,
): Promise<string | null> {
  if (!(error instanceof DamagedModelError)) throw error;
  return (await isStored(store, stored)) ? error.message : null;
}

/** Whether a version is in the store, now, with this content. */
export async function isStored(
  store: ModelStore,
  { name, version, digest }: Omit<StoredVersion, 'createdAt'>,
): Promise<boolean> {
  const stored = await store.list();
  return stored.some((one) => one.name === name && one.version === version && one.digest === digest);
}
