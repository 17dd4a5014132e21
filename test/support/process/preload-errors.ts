// Preloaded into a service under test: SIGWINCH throws where nobody catches, SIGCONT rejects where nobody looks.
import { isMainThread } from 'node:worker_threads';

/** Stands for an applicant's value in the error's message. */
export const VALUE = 'value-48151';

if (isMainThread) {
  process.on('SIGWINCH', () => {
    throw new RangeError(VALUE);
  });
  process.on('SIGCONT', () => void Promise.reject(new RangeError(VALUE)));
}
