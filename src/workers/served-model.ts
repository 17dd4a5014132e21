import type { Model } from '../model/model.ts';
import { type ModelSource, openModel } from '../model/model-source.ts';
import { MAIN_THREAD } from './main-thread.ts';
import type { Threads } from './threads.ts';

/** A model in the main thread, with the threads that certify for it. */
export interface ServedModel extends Model {
  readonly threads: Threads;
}

export function serveModel(source: ModelSource, threads: Threads): ServedModel {
  return Object.assign(openModel(source, MAIN_THREAD), { threads });
}
