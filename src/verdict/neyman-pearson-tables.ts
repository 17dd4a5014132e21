import type { LabelNoise } from '../certify/label-noise.ts';
import { NeymanPearsonTable } from '../certify/neyman-pearson.ts';

/** Tables kept at a time, at most 512 KiB each; the one that was used longest ago goes first. */
const MAX_TABLES = 16;

/** Flips looked up before other requests get a turn of the event loop: some milliseconds in a new table. */
const FLIPS_PER_TURN = 256;

const tables = new Map<string, NeymanPearsonTable>();

/** The Neyman-Pearson thresholds for this noise, kept from one request to the next. */
export function neymanPearsonTable(noise: LabelNoise): NeymanPearsonTable {
  const key = `${noise.q}/${noise.classes}`;
  const table = tables.get(key) ?? new NeymanPearsonTable(noise);
  tables.delete(key);
  tables.set(key, table);
  const oldest = tables.keys().next();
  if (tables.size > MAX_TABLES && !oldest.done) tables.delete(oldest.value);
  return table;
}

/**
 * `table.flips(logFailure, cap)`, with turns of other requests while thresholds are computed; -Infinity computes all that
 * can be asked for up to `cap`. Throws what `turn` throws. Cost: a second at worst, for q next to (K - 1)/K.
 */
export async function flipsInTurns(
  table: NeymanPearsonTable,
  logFailure: number,
  cap: number,
  turn: () => Promise<void>,
): Promise<number> {
  for (let most = FLIPS_PER_TURN; ; most += FLIPS_PER_TURN) {
    const flips = table.flips(logFailure, Math.min(most, cap));
    if (flips < most) return flips;
    await turn();
  }
}
