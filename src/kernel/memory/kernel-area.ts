import { momentTableLength } from '../moment-table.ts';
import { GRAM_BLOCK } from '../reference/gram.ts';
import { SUMS } from '../reference/log-moments.ts';
import { KernelMemory } from './kernel-memory.ts';

/** The largest sizes that a WasmKernel is used for. */
export interface KernelSizes {
  /** Rows of a mask of attackable ones that is not in its memory. */
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
}

/** Those of a kernel that works on rows of features only. */
export function columnSizes(columns: number): KernelSizes {
  return { rows: 0, columns, classes: 0 };
}

/** Arrays of one entry a class that a call has at once. */
export const CLASS_ARRAYS = 2;

/** Directions of a block of queries stay in the second-level cache while the rows pass: half of a megabyte. */
const BLOCK_BYTES = 2 ** 19;
const MAX_QUERIES = 128;

/** Queries that pass over the rows together, for up to so many columns; even. */
export function queriesPerBlock(columns: number): number {
  const fitting = Math.min(MAX_QUERIES, Math.floor(BLOCK_BYTES / (8 * columns)));
  return Math.max(2, fitting - (fitting % 2));
}

/** Widened rows stay in the second-level cache beside the directions. */
const PANEL_BYTES = 3 * 2 ** 16;
const MAX_GROUPS = 16;

/** Groups of four rows that are widened at a time. */
export function groupsPerPanel(columns: number): number {
  return Math.max(1, Math.min(MAX_GROUPS, Math.floor(PANEL_BYTES / (32 * columns))));
}

/** Where a WasmKernel keeps what it works with: offsets in bytes from the start of its area, and the area's size. */
export interface AreaLayout {
  readonly classArrays: number;
  readonly momentTable: number;
  readonly momentSums: number;
  readonly mask: number;
  readonly scratch: number;
  readonly bytes: number;
}

export function areaLayout({ rows, columns, classes }: KernelSizes): AreaLayout {
  const momentTable = KernelMemory.bytesFor(8 * CLASS_ARRAYS * classes);
  const momentSums = momentTable + KernelMemory.bytesFor(8 * momentTableLength(classes));
  const mask = momentSums + KernelMemory.bytesFor(8 * SUMS.length);
  const scratch = mask + KernelMemory.bytesFor(rows);
  const bytes = scratch + Math.max(contributionsScratch(columns), gramScratch(columns), 64 * classes);
  return { classArrays: 0, momentTable, momentSums, mask, scratch, bytes };
}

/**
 * Of assembly/contributions: the panel of widened rows, 256 bytes of partial sums a query, and the directions. Never less
 * than the spare entries of assembly/buckets.
 */
function contributionsScratch(columns: number): number {
  return 32 * columns * groupsPerPanel(columns) + queriesPerBlock(columns) * (256 + 8 * columns);
}

/** Of assembly/gram: a block of rows in groups of four columns. */
function gramScratch(columns: number): number {
  return 32 * GRAM_BLOCK * Math.ceil(columns / 4);
}
