import { fewestFlipsToClose, type VoteMove } from './vote-knapsack.ts';

/** One partition: its classifier's vote, and how many flips move the vote to each class (`flipsToMove`). */
export interface PartitionVote {
  readonly vote: number;
  readonly flipsTo: ArrayLike<number>;
}

/** Votes of each class. */
export function countVotes(votes: Iterable<number>, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (const vote of votes) counts[vote] = counts[vote]! + 1;
  return counts;
}

/** The class with the most votes; ties go to the smaller class. certificates.md section 5. */
export function plurality(counts: Float64Array): number {
  let best = 0;
  for (let label = 1; label < counts.length; label++) if (counts[label]! > counts[best]!) best = label;
  return best;
}

/**
 * The most partitions whose votes can become anything without changing the plurality `predicted`: the least over the
 * rivals j of floor((n_c - n_j - [j < c]) / 2). After Levine and Feizi, "Deep Partition Aggregation" (ICLR 2021);
 * certificates.md section 5.3. Tight for votes that can become anything. Cost: O(K).
 */
export function votesSurvived(counts: Float64Array, predicted: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let rival = 0; rival < counts.length; rival++) {
    if (rival === predicted) continue;
    least = Math.min(least, Math.floor((gap(counts, predicted, rival) - 1) / 2));
  }
  return least;
}

/**
 * The most label flips of any rows that surely leave the plurality `predicted` as it is; Infinity when no flips
 * change it. A flip moves at most the vote of its row's partition, so the cheapest way for a rival to close the gap
 * is a knapsack over the partitions. certificates.md section 5.4.
 *
 * Exact when every `flipsTo` is exact, else smaller. Never less than `votesSurvived`. Cost: O(k (K + n_c) K) for k
 * partitions.
 */
export function flipsSurvivedByVotes(
  partitions: readonly PartitionVote[],
  counts: Float64Array,
  predicted: number,
): number {
  const leaving = partitions.map(({ vote, flipsTo }) => leastBut(vote, flipsTo));
  let fewest = Number.POSITIVE_INFINITY;
  for (let rival = 0; rival < counts.length; rival++) {
    if (rival === predicted) continue;
    const moves = partitions.flatMap(({ vote, flipsTo }, index): VoteMove[] => {
      const there = flipsTo[rival]!;
      if (vote === rival) return [];
      if (vote === predicted) return [{ one: leaving[index]!, two: there }];
      return [{ one: there, two: Number.POSITIVE_INFINITY }];
    });
    fewest = Math.min(fewest, fewestFlipsToClose(moves, gap(counts, predicted, rival)));
  }
  return fewest - 1;
}

/** Votes that the rival must gain on the predicted class to win: one more at a tie if it is the larger class. */
function gap(counts: Float64Array, predicted: number, rival: number): number {
  return counts[predicted]! - counts[rival]! + Number(predicted < rival);
}

function leastBut(vote: number, flipsTo: ArrayLike<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (let label = 0; label < flipsTo.length; label++) {
    if (label !== vote) least = Math.min(least, flipsTo[label]!);
  }
  return least;
}
