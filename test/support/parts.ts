import { StoredMemories, sourceFromParts } from '../../src/model/model-parts.ts';
import type { Parts, StoredVersion } from '../../src/store/model-store.ts';
import type { ServedModel } from '../../src/workers/served-model.ts';
import { serveModel } from '../../src/workers/served-model.ts';
import { THREADS } from './threads.ts';

/** The model that a version's parts describe, as a start makes it; `first` holds those that are read before the others. */
export function modelFromParts(stored: StoredVersion, parts: Parts, first: Parts = parts): ServedModel {
  const [manifest, state] = [first.get('manifest')!, first.get('state')!];
  const memories = new StoredMemories(stored.digest, manifest, state, THREADS.slots);
  return serveModel(sourceFromParts(stored, parts, memories), THREADS);
}
