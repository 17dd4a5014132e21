import type { z } from 'zod';
import type { certifyResponseSchema } from '../schemas/certify.ts';

type Answer = z.input<typeof certifyResponseSchema>;
type Result = Answer['results'][number];

/**
 * Entries (of scores, votes and explanations) that are written in one step, which takes half a millisecond or so; a result
 * with more is a step of its own.
 */
const ENTRIES_PER_STEP = 1000;
/** A result without any costs as much as so many entries. */
const ENTRIES_PER_RESULT = 8;

/** Of the JSON of an answer, behind its results. */
const END = ']}';

/** Whether it takes more than a few steps to write the answer. */
export function isLong({ results }: Answer): boolean {
  let entries = 0;
  return results.some((result) => {
    entries += entriesOf(result);
    return entries > 4 * ENTRIES_PER_STEP;
  });
}

/** The JSON of a long answer in parts; `write` gives that of an answer at once. The results are its last member. */
export function* partsOf(answer: Answer, write: (answer: Answer) => string): Generator<string> {
  const head = write({ ...answer, results: [] }).slice(0, -END.length);
  let separator = head;
  for (const results of steps(answer.results)) {
    yield separator;
    yield write({ ...answer, results }).slice(head.length, -END.length);
    separator = ',';
  }
  yield END;
}

/** Consecutive results, as many as one step writes and at least one. */
function* steps(results: readonly Result[]): Generator<Result[]> {
  let [step, entries]: [Result[], number] = [[], 0];
  for (const result of results) {
    const more = entriesOf(result);
    if (step.length > 0 && entries + more > ENTRIES_PER_STEP) {
      yield step;
      [step, entries] = [[], 0];
    }
    step.push(result);
    entries += more;
  }
  if (step.length > 0) yield step;
}

function entriesOf(result: Result): number {
  if ('error' in result) return ENTRIES_PER_RESULT;
  const { breakingSet, reasons, influentialRows } = result.explanation ?? {};
  const explained = [breakingSet, reasons, influentialRows].map((list) => list?.length ?? 0);
  const perClass = 2 * Object.keys(result.scores).length; // votes too, perhaps
  return explained.reduce((sum, length) => sum + length, ENTRIES_PER_RESULT + perClass);
}

/** Of the heap, for a result, and for each entry of its scores, votes and explanation: some 40 bytes, and an object's own. */
const RESULT_BYTES = 500;
const ENTRY_BYTES = 40;

/** About how many bytes a result takes with so many entries, until it has been sent. */
export function bytesOfResult(entries: number): number {
  return RESULT_BYTES + ENTRY_BYTES * entries;
}
