import type { ModelStore, StoredVersion } from '../store/model-store.ts';
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

/** Whether a version is in the store, now. */
export async function isStored(
  store: ModelStore,
  { name, version }: Pick<StoredVersion, 'name' | 'version'>,
): Promise<boolean> {
  const stored = await store.list();
  return stored.some((one) => one.name === name && one.version === version);
}
