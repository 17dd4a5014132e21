/** A turn of the event loop has so many milliseconds for long work. */
const TURN_MS = 5;

/** Multiply-adds, or as much other work, before other requests get a turn: some milliseconds. */
const WORK_PER_TURN = 4_000_000;

/** Long works that wait for a turn of the event loop, the first one first. */
const waiting: (() => void)[] = [];
let turnEnds = 0;

/**
 * For long work in small steps: what it returns is awaited before each step. The event loop has 5 ms for such work, of all requests
 * together, then goes on to whatever else there is; who waits gets the next turns one after the other. Throws the
 * signal's reason if it has been aborted meanwhile.
 */
export function takingTurns(signal?: AbortSignal): () => Promise<void> {
  return async () => {
    if (performance.now() <= turnEnds) return;
    await nextTurn();
    signal?.throwIfAborted();
  };
}

function nextTurn(): Promise<void> {
  if (waiting.length === 0) setImmediate(giveTurn);
  return new Promise((resolve) => waiting.push(resolve));
}

/** To one: if each of many took a few milliseconds, others would wait for all of them. */
function giveTurn(): void {
  turnEnds = performance.now() + TURN_MS;
  waiting.shift()!();
  if (waiting.length > 0) setImmediate(giveTurn);
}

/** Runs long work that says itself where it can be left: at each `yield` other requests may get a turn. */
export async function inSteps<Result>(
  work: Generator<void, Result>,
  turn: () => Promise<void> = takingTurns(),
): Promise<Result> {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    await turn();
  }
}

/**
 * For `count` equal pieces of work, too small to look at the clock before each: `step` does those from `from`
 * (inclusive) to `to` (exclusive), and after each step other requests get a turn. `workEach`: multiply-adds of a piece.
 * Throws the signal's reason when it is aborted.
 */
export async function inTurns(
  count: number,
  workEach: number,
  step: (from: number, to: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const block = Math.max(1, Math.floor(WORK_PER_TURN / workEach));
  for (let from = 0; from < count; from += block) {
    step(from, Math.min(count, from + block));
    await nextTurn();
    signal?.throwIfAborted();
  }
}
