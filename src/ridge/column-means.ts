import type { FeatureRows } from '../kernel/memory/feature-rows.ts';

/** Column means, summed in double precision in the order of the rows. Cost: O(n d). */
export function columnMeans({ rows, columns, shards }: FeatureRows): Float64Array {
  const means = new Float64Array(columns);
  for (const features of shards) {
    for (let at = 0, column = 0; at < features.length; at++) {
      means[column] = means[column]! + features[at]!;
      if (++column === columns) column = 0;
    }
  }
  return means.map((total) => total / rows);
}
