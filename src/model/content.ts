import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ColumnType, RawColumn } from '../features/column.ts';
import type { RawData } from '../features/feature-map.ts';
import type { Dataset } from '../ingest/dataset.ts';
import { bytesOf, type Part } from '../store/model-store.ts';
import { canonicalPieces } from './canonical-json.ts';
import type { ModelSettings } from './settings.ts';
import type { NamedThreats } from './threat.ts';

export interface ColumnDescription {
  readonly name: string;
  readonly type: ColumnType;
  readonly levels?: string[];
  readonly ignored: boolean;
}

/** What a digest covers, in canonical JSON: docs/digest.md. */
export interface Manifest {
  readonly format: 'surety-model/1';
  readonly classes: readonly string[];
  readonly columns?: readonly ColumnDescription[];
  readonly target?: string;
  readonly rows: number;
  readonly settings: ModelSettings;
  /** Only there when some were registered. */
  readonly threats?: NamedThreats;
  /** SHA-256 of the content parts: `labels`, and `table` or `vectors`. */
  readonly sha256: Readonly<Record<string, string>>;
}

/** The content of a registration: the parts that were sent, the manifest over them, and its digest. */
export interface Content {
  readonly digest: string;
  readonly manifest: Manifest;
  readonly parts: ReadonlyMap<string, Part>;
}

/**
 * Lays a training set, its settings and its named threats out in the canonical form and digests it, in steps. Cost: one hash
 * pass over the data.
 */
export function* contentOf(
  dataset: Dataset,
  settings: ModelSettings,
  threats: NamedThreats = {},
): Generator<void, Content> {
  const { data, labels, target, ignored } = dataset;
  const parts = new Map<string, Part>();
  parts.set('labels', yield* partOf(labels.codes));
  parts.set(data.kind, yield* data.kind === 'table' ? tablePart(data.columns) : partOf(data.values));
  const manifest: Manifest = {
    format: 'surety-model/1',
    classes: labels.classes,
    ...(data.kind === 'table' && { columns: describe(data, ignored) }),
    ...(target !== null && { target }),
    rows: data.rows,
    settings,
    ...(Object.keys(threats).length > 0 && { threats: sortedByName(threats) }),
    sha256: Object.fromEntries([...parts].map(([name, { sha256 }]) => [name, sha256])),
  };
  const part = yield* partOf(yield* jsonBytes(manifest));
  parts.set('manifest', part);
  return { digest: `sha256:${part.sha256}`, manifest, parts };
}

/** As canonical JSON has them, so that a registration tells of them as every later answer does. */
function sortedByName(threats: NamedThreats): NamedThreats {
  return Object.fromEntries(Object.entries(threats).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Canonical JSON as UTF-8. There may be a million levels. */
function* jsonBytes(manifest: Manifest): Generator<void, Buffer> {
  const pieces: Buffer[] = [];
  for (const piece of canonicalPieces(manifest)) {
    pieces.push(Buffer.from(piece));
    yield;
  }
  return Buffer.concat(pieces);
}

/** Bytes that are hashed, or copied, in one step: a millisecond or so. */
const STEP_BYTES = 2 ** 20;

/**
 * A part with the bytes of typed arrays, one after the other (little-endian, as on every machine that Node runs on today). In
 * steps.
 */
export function* partOf(...values: readonly ArrayBufferView[]): Generator<void, Part> {
  const pieces = values.map(asBytes);
  const hash = createHash('sha256');
  for (const piece of pieces) {
    for (let from = 0; from < piece.length; from += STEP_BYTES) {
      hash.update(piece.subarray(from, from + STEP_BYTES));
      yield;
    }
  }
  return { pieces, sha256: hash.digest('hex') };
}

/** Typed arrays one after the other, in one piece. In steps. */
export function* joined(arrays: readonly ArrayBufferView[]): Generator<void, Uint8Array> {
  const whole = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    const bytes = asBytes(array);
    for (let from = 0; from < bytes.length; from += STEP_BYTES) {
      whole.set(bytes.subarray(from, from + STEP_BYTES), at + from);
      yield;
    }
    at += bytes.length;
  }
  return whole;
}

export function asBytes({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function describe(data: RawData & { kind: 'table' }, ignored: readonly string[]): ColumnDescription[] {
  const isIgnored = new Set(ignored);
  return data.columns.map((column) => ({
    name: column.name,
    type: column.type,
    ...(column.type === 'category' && { levels: [...column.levels] }),
    ignored: isIgnored.has(column.name),
  }));
}

/**
 * The columns one after the other: float64 values (numbers, booleans; NaN is missing) or int32 level codes
 * (-1 is missing).
 */
function* tablePart(columns: readonly RawColumn[]): Generator<void, Part> {
  const arrays = columns.map((column) => (column.type === 'category' ? column.codes : column.values));
  return yield* partOf(yield* joined(arrays));
}

/**
 * One column of a `table` part as it was registered: a copy, so that the part can go. Throws a RangeError
 * when the table has no such column. Cost: O(n).
 */
export function readColumn(manifest: Manifest, table: Part, wanted: string): RawColumn {
  const data = bytesOf(table);
  let start = data.byteOffset;
  for (const { name, type, levels = [] } of manifest.columns ?? []) {
    const end = start + manifest.rows * (type === 'category' ? 4 : 8);
    if (name === wanted) {
      const bytes = data.buffer.slice(start, end); // aligned, as a view need not be
      return type === 'category'
        ? { name, type, levels, codes: new Int32Array(bytes) }
        : { name, type, values: new Float64Array(bytes) };
    }
    start = end;
  }
  throw new RangeError(`the table has no column '${wanted}'`);
}
