/** How much one partition can close the gap between two classes' votes, and at how many flips. */
export interface VoteMove {
  /** Flips that close one vote; Infinity where it cannot be done. */
  readonly one: number;
  /** Flips that close two votes. */
  readonly two: number;
}

/**
 * The fewest flips that close a gap of `needed` > 0 votes, one move or none a partition; Infinity when all moves
 * together do not. Flips in different partitions change different rows, so they add up.
 *
 * An exact dynamic programme over the votes closed so far: certificates.md section 5.4. Cost: O(moves x needed).
 */
export function fewestFlipsToClose(moves: readonly VoteMove[], needed: number): number {
  /** Entry a: the fewest flips that close a votes or more, with the moves so far. */
  const fewest = new Float64Array(needed + 1).fill(Number.POSITIVE_INFINITY);
  fewest[0] = 0;
  for (const { one, two } of moves) {
    // Downwards, so that entries below are still those without this move.
    for (let closed = needed; closed > 0; closed--) {
      const withOne = fewest[closed - 1]! + one;
      const withTwo = fewest[Math.max(0, closed - 2)]! + two;
      fewest[closed] = Math.min(fewest[closed]!, withOne, withTwo);
    }
  }
  return fewest[needed]!;
}
