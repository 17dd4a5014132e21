import type { Thread } from '../model/thread.ts';
import { kernelModule } from './kernel-module.ts';

/** The main thread as one that computes. */
export const MAIN_THREAD: Thread = {
  slot: 0,
  get module() {
    return kernelModule();
  },
};
