import { piecesOf } from '../kernel/memory/feature-rows.ts';
import type { RowSlot, SharedRows } from '../kernel/memory/shared-rows.ts';
import { offsetOf, type Ridge } from './ridge.ts';
import type { FactorSlot, SharedFactor } from './shared-factor.ts';

/** A ridge classifier whose features and factor all threads share. */
export interface SharedRidge extends Ridge {
  readonly features: SharedRows;
  readonly shared: SharedFactor;
}

/**
 * Contributions of all training rows to the scores of a block of queries: `contributionsTo`, with the same bits, for
 * several queries at once. One instance serves one thread; it owns the slot of that number in the shared memories, and
 * allocates nothing a row. certificates.md section 1.
 */
export class ContributionPass {
  /** Queries of one pass at most. */
  readonly block: number;
  readonly #ridge: SharedRidge;
  readonly #factor: FactorSlot;
  readonly #shards: readonly RowSlot[];

  constructor(ridge: SharedRidge, slot: number, module: WebAssembly.Module) {
    const { features, shared } = ridge;
    this.#ridge = ridge;
    this.block = features.block;
    this.#factor = shared.slot(slot, module);
    this.#shards = features.shards.map((_, shard) => features.slot(shard, slot, module));
  }

  /**
   * Computes the contributions to `count` encoded queries (count x d, at most `block` of them). Cost: O(d^2 + n d) a query,
   * one reading of the rows for some dozens. `solved` is called between the two.
   */
  run(queries: Float32Array, count: number, solved?: () => void): void {
    const directions = this.#solve(queries, count);
    solved?.();
    const offsets = this.#offsets(directions, count);
    for (const [shard, features] of this.#ridge.features.shards.entries()) {
      const { alpha, kernel, ...own } = this.#shards[shard]!;
      const rows = features.length / this.#ridge.features.columns;
      own.directions.set(directions);
      own.offsets.set(offsets);
      kernel.contributions(
        features,
        own.directions.subarray(0, directions.length),
        own.offsets.subarray(0, count),
        alpha.subarray(0, count * rows),
      );
    }
  }

  /** As `run` for one query, but of rows `from` (inclusive) to `to` (exclusive) only. */
  runPart(query: Float32Array, from: number, to: number, solved?: () => void): void {
    const directions = this.#solve(query, 1);
    solved?.();
    const offsets = this.#offsets(directions, 1);
    for (const { own, features, alpha } of this.#partsOf(from, to)) {
      own.directions.set(directions);
      own.offsets.set(offsets);
      own.kernel.contributions(
        features,
        own.directions.subarray(0, directions.length),
        own.offsets.subarray(0, 1),
        alpha,
      );
    }
  }

  /** Copies what `runPart` computed to its place in `alpha` (n). */
  readPart(from: number, to: number, alpha: Float64Array): void {
    for (const part of this.#partsOf(from, to)) alpha.set(part.alpha, part.first);
  }

  /** Takes the contributions of rows that another thread computed, as if `runPart` had. */
  writePart(from: number, to: number, alpha: Float64Array): void {
    for (const { first, alpha: own } of this.#partsOf(from, to)) {
      own.set(alpha.subarray(first, first + own.length));
    }
  }

  /** Copies the contributions to one query of the last `run` into `alpha` (n). */
  read(query: number, alpha: Float64Array): void {
    const { rowsPerShard } = this.#ridge.features;
    for (const [shard, own] of this.#shards.entries()) {
      const first = shard * rowsPerShard;
      const rows = Math.min(rowsPerShard, alpha.length - first);
      alpha.set(own.alpha.subarray(query * rows, (query + 1) * rows), first);
    }
  }

  /** Rows `from` to `to` in pieces of one shard, and where their contributions to the first query are in the slot. */
  *#partsOf(from: number, to: number) {
    const { features } = this.#ridge;
    for (const { first, features: piece } of piecesOf(features, from, to)) {
      const own = this.#shards[Math.floor(first / features.rowsPerShard)]!;
      const at = first % features.rowsPerShard;
      const alpha = own.alpha.subarray(at, at + piece.length / features.columns);
      yield { first, own, features: piece, alpha };
    }
  }

  #solve(queries: Float32Array, count: number): Float64Array {
    const { means, shared } = this.#ridge;
    const columns = means.length;
    const { vectors, kernel } = this.#factor;
    for (let at = 0, k = 0; at < count * columns; at++) {
      vectors[at] = queries[at]! - means[k]!;
      if (++k === columns) k = 0;
    }
    const directions = vectors.subarray(0, count * columns);
    kernel.solve(shared.packed, directions, count);
    return directions;
  }

  /** What each query's contributions all have besides the product with the row. */
  #offsets(directions: Float64Array, count: number): Float64Array {
    const { means } = this.#ridge;
    return Float64Array.from({ length: count }, (_, query) =>
      offsetOf(this.#ridge, directions.subarray(query * means.length, (query + 1) * means.length)),
    );
  }
}
