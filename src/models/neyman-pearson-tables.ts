import type { LabelNoise } from '../certify/label-noise.ts';
import { NeymanPearsonTable } from '../certify/neyman-pearson.ts';

/** Tables kept at a time, at most 512 KiB each; the one that was used longest ago goes first. */
const MOST_TABLES = 16;

const tables = new Map<string, NeymanPearsonTable>();

/** The Neyman-Pearson thresholds for this noise, kept from one request to the next. */
export function neymanPearsonTable(noise: LabelNoise): NeymanPearsonTable {
  const key = `${noise.q}/${noise.classes}`;
  const table = tables.get(key) ?? new NeymanPearsonTable(noise);
  tables.delete(key);
  tables.set(key, table);
  const oldest = tables.keys().next();
  if (tables.size > MOST_TABLES && !oldest.done) tables.delete(oldest.value);
  return table;
}
