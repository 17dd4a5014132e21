import { describe, expect, it } from 'vitest';
import { createLogger } from '../../src/process/logger.ts';

const SECRET = new TypeError('SECRET value');

describe('a line of the log', () => {
  it.each([
    ['an error alone', SECRET, 'no message'],
    ['an error and no message', { err: SECRET }, 'no message'],
    ['an error and a message', { err: SECRET }, 'it failed', 'it failed'],
    ['a message alone', 'all is well', 'all is well'],
  ])('of %s has nothing of the error that could quote a value', (_what, about, msg, ...message) => {
    const lines: string[] = [];
    const log = createLogger('info', { write: (line) => lines.push(line) });
    for (const logger of [log, log.child({ requestId: 'mine' })])
      logger.warn(about as object, ...(message as []));
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      expect(line).not.toContain('SECRET');
      expect(JSON.parse(line).msg).toBe(msg);
    }
  });
});
