import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts a worker thread from a module of this folder. */
export function startWorker(module: string, workerData?: unknown): Worker {
  const url = new URL(`./${module}${extname(import.meta.url)}`, import.meta.url);
  return new Worker(url, { workerData });
}
