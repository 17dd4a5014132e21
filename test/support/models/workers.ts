import { onTestFinished } from 'vitest';
import { Workers } from '../../../src/workers/workers.ts';

/** Workers of a test's own; their threads start when there is work for them, and end with the test. */
export function ownWorkers(): Workers {
  const workers = new Workers(2, 50_000);
  onTestFinished(() => workers.close());
  return workers;
}

/** Workers that all tests of a file may share. They keep no process alive. */
export const WORKERS = new Workers(2, 50_000);
