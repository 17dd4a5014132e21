/** What assembly/index.ts exports. Arguments are byte offsets, counts, flags (0 or 1) and doubles. */
export interface WasmExports {
  contributions(
    features: number,
    rows: number,
    columns: number,
    directions: number,
    offsets: number,
    queries: number,
    alpha: number,
    scratch: number,
    queriesPerBlock: number,
  ): void;
  solve(factor: number, columns: number, vectors: number, queries: number, queriesPerBlock: number): void;
  classSums(
    alpha: number,
    labels: number,
    rows: number,
    sums: number,
    magnitudes: number,
    classes: number,
    lanes: number,
  ): void;
  gains(
    alpha: number,
    labels: number,
    rows: number,
    dropIfPositive: number,
    dropIfNegative: number,
    attackable: number,
    out: number,
  ): void;
  countBuckets(gains: number, rows: number, counts: number, totals: number, spare: number): number;
  bucketMembers(gains: number, rows: number, top: number, bucket: number, out: number): number;
  logMoments(
    alpha: number,
    labels: number,
    rows: number,
    table: number,
    classes: number,
    t: number,
    sums: number,
  ): void;
  logMomentGains(
    alpha: number,
    labels: number,
    rows: number,
    table: number,
    classes: number,
    attackable: number,
    t: number,
    out: number,
    sums: number,
  ): void;
  gram(
    features: number,
    rows: number,
    columns: number,
    means: number,
    values: number,
    from: number,
    to: number,
    scratch: number,
    rowsPerBlock: number,
  ): void;
}
