import { type Logger, pino } from 'pino';

/** A logger, and what it has been told, all of it. */
export function memoryLog(): {
  readonly log: Logger;
  readonly text: () => string;
  readonly messages: () => string[];
} {
  const lines: string[] = [];
  return {
    log: pino({ level: 'trace' }, { write: (line) => lines.push(line) }),
    text: () => lines.join(''),
    messages: () => lines.map((line) => JSON.parse(line).msg),
  };
}
