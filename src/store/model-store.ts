import { createHash } from 'node:crypto';

/** What identifies a stored model version. */
export interface StoredVersion {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: string;
}

/** A part of a model: its bytes and their SHA-256 in hexadecimal. */
export interface Part {
  readonly data: Uint8Array;
  readonly sha256: string;
}

/** The parts of a model by their names. */
export type Parts = ReadonlyMap<string, Part>;

export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

export interface NewModel {
  readonly name: string;
  readonly digest: string;
  readonly createdAt: string;
  readonly parts: Parts;
}

/** The bytes of a stored version are not those that were written. */
export class DamagedModelError extends Error {
  override readonly name = 'DamagedModelError';
}

/**
 * Where registered models are kept. Versions are immutable; a version is there whole or not at all, and once
 * `insert` has resolved it survives a crash.
 */
export interface ModelStore {
  /** Brings the schema up to date. Call once, before anything else. */
  migrate(): Promise<void>;
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
   * Reads the parts of a version. Throws a DamagedModelError when a part is missing or its checksum differs.
   */
  read(name: string, version: number): Promise<Parts>;
  /** Reads one part of a version. Throws a DamagedModelError when it is missing or its checksum differs. */
  readPart(name: string, version: number, part: string): Promise<Part>;
  /** Deletes one version, or all versions of a name. */
  delete(name: string, version?: number): Promise<void>;
  close(): Promise<void>;
}
