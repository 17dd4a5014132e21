import { DamagedModelError, type ModelStore, type StoredVersion } from '../store/model-store.ts';
import { StoreUnavailableError } from '../store/store.ts';
import { StoredMemories, sourceFromParts } from './model-parts.ts';
import { type ServedModel, serveModel } from './served-model.ts';
import type { Threads } from './threads/threads.ts';

/**
 * Reads a stored version into memory that all threads share, and opens it. Throws a DamagedModelError when its parts are not
 * what was registered, and what the store throws.
 */
export async function loadStored(
  store: ModelStore,
  stored: StoredVersion,
  threads: Threads,
): Promise<ServedModel> {
  const { name, version, digest } = stored;
  const [manifest, state] = [
    await store.readPart(name, version, 'manifest'),
    await store.readPart(name, version, 'state'),
  ];
  const memories = new StoredMemories(digest, manifest, state, threads.slots);
  const parts = await store.read(name, version, memories.allocate);
  return serveModel(sourceFromParts(stored, parts, memories), threads);
}

/**
 * What is wrong with a version that was not loaded, from the error of it; null when it has been deleted meanwhile. Throws an
 * error again that says nothing about the model.
 */
export async function damageOf(
  store: ModelStore,
  stored: StoredVersion,
  error: unknown,
): Promise<string | null> {
  if (error instanceof StoreUnavailableError) throw error;
  if (!(await isStored(store, stored))) return null;
  // Whatever keeps one model from loading is reported, and the others serve.
  return error instanceof DamagedModelError ? error.message : 'its stored parts cannot be read';
}

/** Whether a version is in the store, now, with this content. */
export async function isStored(
  store: ModelStore,
  { name, version, digest }: Omit<StoredVersion, 'createdAt'>,
): Promise<boolean> {
  const stored = await store.list();
  return stored.some((one) => one.name === name && one.version === version && one.digest === digest);
}
