import type { GainBuckets } from '../kernel/gain-buckets.ts';
import type { Contest } from './contest.ts';
import type { Query } from './query.ts';
import type { ThreatModel } from './threat.ts';

/** One contest of a query under a threat model, and the memory in which the gains of its rows are found. */
export interface Contested {
  readonly query: Query;
  readonly match: Contest;
  readonly threat: ThreatModel;
  readonly buckets: GainBuckets;
}
