import { createHash } from 'node:crypto';
import type { Cell, PlainTable } from './tables.ts';

/**
 * The digest of docs/digest.md, straight from that page and a table as a person would write it down. Shares no code
 * with src.
 */
export function digestOf(
  table: PlainTable,
  of: { classes: readonly string[]; ignored: readonly string[]; target: string; settings: unknown },
): string {
  const columns = table.columns.map(({ name, type, cells }) => ({
    name,
    type,
    ...(type === 'category' && { levels: levelsIn(cells) }),
    ignored: of.ignored.includes(name),
  }));
  const parts = {
    labels: Buffer.concat(table.labels.map((label) => int32(of.classes.indexOf(label)))),
    table: Buffer.concat(
      table.columns.flatMap(({ type, cells }) => {
        const levels = levelsIn(cells);
        return cells.map((cell) =>
          type === 'category' ? int32(cell === null ? -1 : levels.indexOf(String(cell))) : float64(cell),
        );
      }),
    ),
  };
  const manifest = {
    format: 'surety-model/1',
    classes: of.classes,
    columns,
    target: of.target,
    rows: table.labels.length,
    settings: of.settings,
    sha256: { labels: sha256(parts.labels), table: sha256(parts.table) },
  };
  return `sha256:${sha256(Buffer.from(sortedJson(manifest)))}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** JavaScript sorts texts by UTF-16 code units, as the page asks for. */
function levelsIn(cells: readonly Cell[]): string[] {
  return [...new Set(cells.filter((cell) => cell !== null).map(String))].sort();
}

function int32(value: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4));
  bytes.setInt32(0, value, true);
  return new Uint8Array(bytes.buffer);
}

function float64(cell: Cell): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8));
  if (cell === null) bytes.setBigUint64(0, 0x7ff8000000000000n, true);
  else bytes.setFloat64(0, Number(cell) === 0 ? 0 : Number(cell), true);
  return new Uint8Array(bytes.buffer);
}

/** JSON.stringify writes members in the order of insertion, so they are inserted in the order of their names. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    const names = Object.keys(member).sort();
    return Object.fromEntries(names.map((name) => [name, (member as Record<string, unknown>)[name]]));
  });
}
