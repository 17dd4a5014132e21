/**
 * Training features, n x d, row-major, single precision, in one array or, where that would be too large for one memory,
 * in several of `rowsPerShard` rows each (the last may have fewer).
 */
export interface FeatureRows {
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerShard: number;
  readonly shards: readonly Float32Array[];
}

/** Features in one array. */
export function wholeRows(features: Float32Array, columns: number): FeatureRows {
  const rows = features.length / columns;
  return { rows, columns, rowsPerShard: rows, shards: [features] };
}

/** Rows `from` (inclusive) to `to` (exclusive) in pieces, one of each shard that has any of them. */
export function* piecesOf(
  { rowsPerShard, columns, shards }: FeatureRows,
  from: number,
  to: number,
): Generator<{ readonly first: number; readonly features: Float32Array }> {
  for (let first = from; first < to; ) {
    const shard = Math.floor(first / rowsPerShard);
    const start = shard * rowsPerShard;
    const end = Math.min(to, start + rowsPerShard);
    yield { first, features: shards[shard]!.subarray((first - start) * columns, (end - start) * columns) };
    first = end;
  }
}
