import { flipsToMove } from '../certify/flips-to-move.ts';
import {
  countVotes,
  flipsSurvivedByVotes,
  type PartitionVote,
  plurality,
  votesSurvived,
} from '../certify/partition.ts';
import { predict } from '../certify/predict.ts';
import { flippableRows, type ThreatModel } from '../certify/threat.ts';
import { type Ensemble, hasOwnMaps, type Member } from '../model/ensemble.ts';
import type { Model } from '../model/model.ts';
import type { PartitionResult, Verdict } from './certified-prediction.ts';
import { namedPrediction } from './named-prediction.ts';
import { scoreMember } from './score-member.ts';
import type { Stopwatch } from './stopwatch.ts';

/**
 * The plurality vote of a model's ensemble with its certificate: against changed labels, the cheapest way to move
 * enough votes; against changed rows, the votes that may become anything. `scores` are the votes. Returns the
 * warnings of the instance's encoding beside. Throws a SuretyError when the instance does not fit the model.
 *
 * certificates.md section 5. Cost: O(n d) for all members together; against changed labels O(n K) and the knapsack.
 */
export function certifyPartition(
  model: Model,
  ensemble: Ensemble,
  instance: unknown,
  threat: ThreatModel,
  stopwatch: Stopwatch,
): { verdict: Verdict; warnings: string[] } {
  const { map, classes, labels, settings } = model;
  stopwatch.enter('encode');
  // The model's own map depends on all rows: what it makes of the values must not decide about an answer.
  const warnings = hasOwnMaps(settings, map.state.kind)
    ? map.read(instance)
    : map.encode(instance, ensemble.workspace.query);
  stopwatch.enter('pass'); // all that members do: the clock would take too much of a small one's time
  const againstRows = settings.partitions?.threat === 'rows';
  const partitions = ensemble.members.map((member): PartitionVote => {
    const query = scoreMember(model, ensemble, member, instance);
    const vote = predict(query.alpha, query.labels, query.scores, model.rule);
    if (againstRows) return { vote, flipsTo: [] };
    const own = threatTo(member, threat, ensemble);
    return { vote, flipsTo: flipsToMove(query, vote, model.rule, own, ensemble.workspace.buckets) };
  });
  stopwatch.enter('certificate');
  const votes = partitions.map(({ vote }) => vote);
  const counts = countVotes(votes, classes.length);
  const prediction = plurality(counts);
  const most = flippableRows(threat, labels, classes.length);
  const proof = againstRows
    ? againstChangedRows(counts, prediction, labels.length, most)
    : againstChangedLabels(partitions, counts, prediction, most);
  const verdict = namedPrediction({ classes, rule: { kind: 'argmax' } }, counts, prediction);
  const certificate: PartitionResult = {
    method: 'partition',
    ...proof,
    fraction: proof.flips / labels.length,
    guarantee: 'deterministic',
    partitions: partitions.length,
    votes: verdict.scores,
  };
  return { verdict: { ...verdict, certificate }, warnings };
}

/** No certificate counts more flips than there are rows that may be flipped: `most`. */
function againstChangedLabels(
  partitions: readonly PartitionVote[],
  counts: Float64Array,
  prediction: number,
  most: number,
) {
  const blackBoxFlips = Math.min(votesSurvived(counts, prediction), most);
  const whiteBoxFlips = Math.min(flipsSurvivedByVotes(partitions, counts, prediction), most);
  const flips = Math.max(blackBoxFlips, whiteBoxFlips);
  return { flips, threat: 'labels', blackBoxFlips, whiteBoxFlips } as const;
}

/** A rewritten row is deleted from one partition and inserted into another; a changed label rewrites its row. */
function againstChangedRows(counts: Float64Array, prediction: number, rows: number, most: number) {
  const insertionsOrDeletions = votesSurvived(counts, prediction);
  const rewrittenRows = Math.min(Math.floor(insertionsOrDeletions / 2), rows);
  const flips = Math.min(rewrittenRows, most);
  return { flips, threat: 'rows', insertionsOrDeletions, rewrittenRows } as const;
}

/** The threat model in the rows of one member. */
function threatTo({ rows }: Member, { attackable, transitions }: ThreatModel, { workspace }: Ensemble) {
  if (attackable === null) return { attackable, transitions };
  const own = workspace.attackable.subarray(0, rows.length);
  for (const [at, row] of rows.entries()) own[at] = attackable[row]!;
  return { attackable: own, transitions };
}
