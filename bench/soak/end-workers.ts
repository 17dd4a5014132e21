// Preloaded by the soak test: ends one worker thread of the process at each SIGWINCH, the threads in turn.
import type { EventEmitter } from 'node:events';
import { isMainThread, type Worker } from 'node:worker_threads';

if (isMainThread) {
  const alive: Worker[] = [];
  (process as EventEmitter).on('worker', (worker: Worker) => {
    alive.push(worker);
    worker.once('exit', () => alive.splice(alive.indexOf(worker), 1));
  });
  process.on('SIGWINCH', () => {
    const [first, ...others] = alive;
    if (first === undefined) return;
    alive.splice(0, alive.length, ...others, first);
    first.terminate();
  });
}
