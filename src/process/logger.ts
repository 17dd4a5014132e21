import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { describeError } from './describe-error.ts';

/**
 * JSON lines, by default on standard output. Of an error in `err` only what `describeError` lets through is logged. A line
 * without a message has one that says no more: pino would take that of the error.
 */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const err = (error: unknown) => (typeof error === 'string' ? error : describeError(error));
  const options = { level, serializers: { err }, hooks: { logMethod } };
  return destination === undefined ? pino(options) : pino(options, destination);
}

function logMethod(this: Logger, args: unknown[], method: LogFn): void {
  const [about, message] = args;
  const line = message === undefined && typeof about === 'object' ? [about, 'no message'] : args;
  method.apply(this, line as Parameters<LogFn>);
}
