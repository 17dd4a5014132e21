import type { Scores } from './predict.ts';

/** One query as the certificates see it: contributions, labels and the scores they add up to. */
export interface Query {
  readonly alpha: Float64Array;
  readonly labels: Int32Array;
  readonly scores: Scores;
}
