/** What may be logged of an error. */
export interface DescribedError {
  readonly type: string;
  /** Empty where it might quote somebody's values. */
  readonly message: string;
  readonly code?: string;
  /** Frames, those of its causes too. */
  readonly stack: string;
}

/**
 * Kinds of errors whose messages speak of the service, the system or the database. Others, such as the engine's TypeError
 * and those of parsers, may quote the value that they choked on.
 */
const SPEAK_OF_US = new Set([
  'Error',
  'AggregateError',
  'SuretyError',
  'DamagedModelError',
  'StoreUnavailableError',
  'WorkerDiedError',
  'SqliteError',
  'DatabaseError',
]);

const MAX_CAUSES = 5;

/**
 * An error without anything that could hold a value of an applicant or a label: neither messages that quote, nor whatever
 * else hangs on it, such as the row or the query.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: '' };
  const { name: type } = error.constructor;
  const message = SPEAK_OF_US.has(type) ? error.message : '';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const own = `${type}${message && `: ${message}`}${framesOf(error)}`;
  const causes = [error.cause, ...(error instanceof AggregateError ? error.errors : [])].filter(Boolean);
  const stacks = depth < MAX_CAUSES ? causes.map((cause) => describeError(cause, depth + 1).stack) : [];
  return {
    type,
    message,
    ...(code !== undefined && { code }),
    stack: [own, ...stacks].join('\ncaused by: '),
  };
}

/** The stack behind its first lines, which repeat the message. */
function framesOf({ stack = '', message }: Error): string {
  const at = stack.indexOf(message);
  return at < 0 ? '' : stack.slice(at + message.length);
}
