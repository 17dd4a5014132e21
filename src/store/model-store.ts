import { createHash } from 'node:crypto';

/** What identifies a stored model version. */
export interface StoredVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: string;
}

/** A part of a model: its bytes, in one piece or in several, and their SHA-256 in hexadecimal. */
export interface Part {
  readonly pieces: readonly Uint8Array[];
  readonly sha256: string;
}

/** The parts of a model by their names. */
export type Parts = ReadonlyMap<string, Part>;

/**
 * Where a part of so many bytes is to be read to, which has to be as large; null when only its checksum matters: then the
 * part is given back without pieces.
 */
export type Allocate = (part: string, bytes: number) => readonly Uint8Array[] | null;

export const inOnePiece: Allocate = (_part, bytes) => [new Uint8Array(bytes)];

/** The bytes of a part that is in one piece, or empty. */
export function bytesOf({ pieces }: Part): Uint8Array {
  if (pieces.length > 1) throw new RangeError(`expected a part in one piece, got ${pieces.length}`);
  return pieces[0] ?? new Uint8Array(0);
}

export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

export interface NewModel {
  readonly name: string;
  readonly digest: string;
  readonly createdAt: string;
  readonly parts: Parts;
}

/** The bytes of a stored version are not those that were written, or nobody with the key has sealed them. */
export class DamagedModelError extends Error {
  override readonly name = 'DamagedModelError';
}

/**
 * Where registered models are kept. Versions are immutable; a version is there whole or not at all, and once
 * `insert` has resolved it survives a crash.
 */
export interface ModelStore {
  /** Every stored version, by name and version. */
  list(): Promise<StoredVersion[]>;
  /**
   * Stores a model under the next version number of its name (numbers are never used again, not even after
   * deletion), unless a version with the same digest for which `isUsable` holds is there: then that one is
   * returned, `created` false.
   */
  insert(
    model: NewModel,
    isUsable: (version: number) => boolean,
  ): Promise<StoredVersion & { readonly created: boolean }>;
  /**
   * Reads the parts of a version to where `allocate` says. Throws a DamagedModelError when a part is missing, its checksum
   * differs, or its seal, where versions are sealed, what `allocate` throws, and what keeps the database from reading, which may pass.
   */
  read(name: string, version: number, allocate?: Allocate): Promise<Parts>;
  /** Reads one part of a version. Throws as `read` does. */
  readPart(name: string, version: number, part: string): Promise<Part>;
  /** Deletes one version, or all versions of a name. Gives the numbers of those that were there. */
  delete(name: string, version?: number): Promise<readonly number[]>;
}
