import type { Model } from '../model/model.ts';
import type { Thread } from '../model/thread.ts';
import { kernelModule } from './kernel-module.ts';

/** The main thread as one that certifies. It is handed models, and looks none up. */
export const MAIN_THREAD: Thread = {
  slot: 0,
  get module() {
    return kernelModule();
  },
  model: (id): Model => {
    throw new RangeError(`model ${id} is not open by number in the main thread`);
  },
};
