import type { z } from 'zod';
import type { certifyResponseSchema } from '../schemas/certify.ts';
import { JsonGap } from '../src/http/large-json/json-gap.ts';

type Answer = z.input<typeof certifyResponseSchema>;
type Result = Answer['results'][number];

/**
 * Entries (of scores, votes and explanations) that are written in one step, which takes half a millisecond
 * or so.
 */
const ENTRIES_A_STEP = 1000;
/** A result without any costs as much as so many entries. */
const ENTRIES_A_RESULT = 8;

/** Whether it takes more than a few steps to write the answer. */
export function isLong({ results }: Answer): boolean {
  let entries = 0;
  return results.some((result) => {
    entries += entriesOf(result);
    return entries > 4 * ENTRIES_A_STEP;
  });
}

/** The JSON of a long answer in parts; `write` gives that of an answer at once. */
export function* partsOf(answer: Answer, write: (answer: Answer) => string): Generator<string> {
  const gap = new JsonGap(write({ ...answer, results: [] }), 'results');
  const writeResults = (results: Result[]) => gap.entriesIn(write({ ...answer, results }));
  let separator = gap.before;
  for (const results of steps(answer.results)) {
    yield separator;
    if (results.length === 1) yield* partsOfResult(results[0]!, (result) => writeResults([result]));
    else yield writeResults(results);
    separator = ',';
  }
  yield gap.after;
}

/**
 * A breaking set can have as many entries as there are training rows; other explanations have a few
 * thousand.
 */
function* partsOfResult(result: Result, write: (result: Result) => string): Generator<string> {
  const flips = ('explanation' in result && result.explanation?.breakingSet) || [];
  if (flips.length <= ENTRIES_A_STEP) return yield write(result);
  const { explanation } = result as Extract<Result, { explanation?: unknown }>;
  const whole = new JsonGap(
    write({ ...result, explanation: { ...explanation, breakingSet: [] } } as Result),
    'breakingSet',
  );
  // What else is explained is not written again with each part.
  const writeFlips = (some: typeof flips) =>
    write({ ...result, explanation: { breakingSet: some } } as Result);
  const gap = new JsonGap(writeFlips([]), 'breakingSet');
  let separator = whole.before;
  for (let from = 0; from < flips.length; from += ENTRIES_A_STEP) {
    yield separator;
    yield gap.entriesIn(writeFlips(flips.slice(from, from + ENTRIES_A_STEP)));
    separator = ',';
  }
  yield whole.after;
}

/** Consecutive results, as many as one step writes and at least one. */
function* steps(results: readonly Result[]): Generator<Result[]> {
  let [step, entries]: [Result[], number] = [[], 0];
  for (const result of results) {
    const more = entriesOf(result);
    if (step.length > 0 && entries + more > ENTRIES_A_STEP) {
      yield step;
      [step, entries] = [[], 0];
    }
    step.push(result);
    entries += more;
  }
  if (step.length > 0) yield step;
}

function entriesOf(result: Result): number {
  if ('error' in result) return ENTRIES_A_RESULT;
  const { breakingSet, reasons, influentialRows } = result.explanation ?? {};
  const explained = [breakingSet, reasons, influentialRows].map((list) => list?.length ?? 0);
  const perClass = 2 * Object.keys(result.scores).length; // votes too, perhaps
  return explained.reduce((sum, length) => sum + length, ENTRIES_A_RESULT + perClass);
}
