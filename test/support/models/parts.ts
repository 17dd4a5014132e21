import type { Model } from '../../../src/model/model.ts';
import { StoredMemories, sourceFromParts } from '../../../src/model/model-parts.ts';
import { openModel } from '../../../src/model/open-model.ts';
import type { Parts, StoredVersion } from '../../../src/store/model-store.ts';
import { MAIN_THREAD } from '../../../src/workers/main-thread.ts';
import { WORKERS } from './workers.ts';

/** The model that a version's parts describe, as a start makes it; `first` holds those that are read before the others. */
export function modelFromParts(stored: StoredVersion, parts: Parts, first: Parts = parts): Model {
  const [manifest, state] = [first.get('manifest')!, first.get('state')!];
  const memories = new StoredMemories(stored.digest, manifest, state, WORKERS.slots);
  return openModel(sourceFromParts(stored, parts, memories), MAIN_THREAD);
}
