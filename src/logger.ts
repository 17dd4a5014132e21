import { type DestinationStream, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';

/** JSON lines, by default on standard output. Of an error in `err` only what `describeError` lets through is logged. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const err = (error: unknown) => (typeof error === 'string' ? error : describeError(error));
  const options = { level, serializers: { err } };
  return destination === undefined ? pino(options) : pino(options, destination);
}
