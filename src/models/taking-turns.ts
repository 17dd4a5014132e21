/** Other requests get a turn of the event loop after so many milliseconds. */
const TURN_MS = 10;

/**
 * For long work in small steps: what it returns is awaited before each step, gives other requests a turn every 10 ms,
 * and then throws the signal's reason if it has been aborted.
 */
export function takingTurns(signal: AbortSignal): () => Promise<void> {
  let turnEnds = performance.now() + TURN_MS;
  return async () => {
    if (performance.now() <= turnEnds) return;
    await new Promise(setImmediate);
    signal.throwIfAborted();
    turnEnds = performance.now() + TURN_MS;
  };
}
