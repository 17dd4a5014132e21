import { onTestFinished } from 'vitest';
import { WorkerThreads } from '../../src/workers/worker-threads.ts';

/** Threads for a registry; they start when there is work for them, and end with the registry or the test. */
export function ownThreads(): WorkerThreads {
  const threads = new WorkerThreads(2, 50_000);
  onTestFinished(() => threads.close());
  return threads;
}

/** Threads that all tests of a file may share, for models without a registry. They keep no process alive. */
export const THREADS = new WorkerThreads(2, 50_000);
