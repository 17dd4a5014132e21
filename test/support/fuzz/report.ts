import type { RawAnswer } from '../process/raw.ts';
import type { WireRequest } from './wire.ts';

/** Counts answers by status and by kind of request, and remembers the slowest. */
export class FuzzReport {
  readonly #byKind = new Map<string, number>();
  readonly #byStatus = new Map<string, number>();
  #slowest = { ms: 0, line: '' };

  add({ kind, bytes }: WireRequest, { status }: RawAnswer, ms: number): void {
    for (const [counts, key] of [
      [this.#byKind, `${kind} ${status}`],
      [this.#byStatus, String(status)],
    ] as const) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    if (ms > this.#slowest.ms) this.#slowest = { ms, line: bytes.split('\r\n')[0]!.slice(0, 100) };
  }

  toString(): string {
    const list = (counts: ReadonlyMap<string, number>) =>
      [...counts]
        .sort()
        .map(([key, count]) => `${key}: ${count}`)
        .join(', ');
    return [
      `answers by status (0: none): ${list(this.#byStatus)}`,
      `by kind of request: ${list(this.#byKind)}`,
      `the slowest took ${Math.round(this.#slowest.ms)} ms: ${this.#slowest.line}`,
    ].join('\n');
  }
}
