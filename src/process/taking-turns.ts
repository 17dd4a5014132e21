/** Other requests get a turn of the event loop after so many milliseconds. */
const TURN_MS = 5;

/** Multiply-adds, or as much other work, before other requests get a turn: some milliseconds. */
const WORK_PER_TURN = 4_000_000;

/**
 * For long work in small steps: what it returns is awaited before each step, gives other requests a turn every 5 ms,
 * and then throws the signal's reason if it has been aborted.
 */
export function takingTurns(signal?: AbortSignal): () => Promise<void> {
  let turnEnds = performance.now() + TURN_MS;
  return async () => {
    if (performance.now() <= turnEnds) return;
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    turnEnds = performance.now() + TURN_MS;
  };
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
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  }
}
