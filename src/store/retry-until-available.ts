import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailableError } from './store.ts';

const PAUSE_MS = 300;

/** Does a step of the start, again and again until the store answers. Throws what else the step throws, or when aborted. */
export async function retryUntilAvailable<Result>(
  step: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
