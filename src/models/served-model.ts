import type { Model } from './model.ts';
import { type ModelSource, openModel } from './model-source.ts';
import { MAIN_THREAD } from './threads/main-thread.ts';
import type { Threads } from './threads/threads.ts';

/** A model in the main thread, with the threads that certify for it. */
export interface ServedModel extends Model {
  readonly threads: Threads;
}

export function serveModel(source: ModelSource, threads: Threads): ServedModel {
  return Object.assign(openModel(source, MAIN_THREAD), { threads });
}
