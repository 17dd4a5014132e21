import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, relative } from 'node:path';
import type { Logger } from 'pino';
import type { StoredKey } from './key-store.ts';
import type { StoredVersion } from './model-store.ts';

/** A key is at least as long as what it makes. */
const MIN_KEY_BYTES = 32;
/** Others may read it. */
const FOR_OTHERS = 0o007;

export interface SealOptions {
  /** The first seals; what any of them has sealed is accepted. None: nothing is sealed. */
  readonly sealKeyFiles: readonly string[];
  readonly dataDir: string;
}

/** A part of a version, by the checksum of its bytes. */
export interface SealedPart extends StoredVersion {
  readonly part: string;
  readonly sha256: string;
}

/**
 * An HMAC-SHA256 with a key that is not in the store, over what the store serves: who can write the store and has not the key
 * can change nothing, and swap nothing, without its being seen. docs/decisions/0017.
 */
export class Seal {
  readonly #keys: readonly Uint8Array[];

  /** The first key seals; all are accepted. */
  constructor(keys: readonly Uint8Array[]) {
    this.#keys = keys;
  }

  ofPart(part: SealedPart): string {
    return macOf(this.#keys[0]!, wordsOfPart(part));
  }

  isOfPart(seal: string | null, part: SealedPart): boolean {
    return this.#fits(seal, wordsOfPart(part));
  }

  ofKey(key: StoredKey): string {
    return macOf(this.#keys[0]!, wordsOfKey(key));
  }

  isOfKey(seal: string | null, key: StoredKey): boolean {
    return this.#fits(seal, wordsOfKey(key));
  }

  #fits(seal: string | null, words: readonly unknown[]): boolean {
    const given = Buffer.from(seal ?? '');
    return this.#keys.some((key) => {
      const expected = Buffer.from(macOf(key, words));
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
  }
}

/**
 * The seal of the keys in the files that the settings name; null where they name none. Warns of a file that others may read.
 * Throws an Error that names the setting when a file cannot be read, is too short, or is in the data folder.
 */
export function readSeal({ sealKeyFiles, dataDir }: SealOptions, log: Pick<Logger, 'warn'>): Seal | null {
  if (sealKeyFiles.length === 0) return null;
  return new Seal(sealKeyFiles.map((file) => readKey(file, dataDir, log)));
}

function readKey(file: string, dataDir: string, log: Pick<Logger, 'warn'>): Uint8Array {
  const refuse = (why: string) => new Error(`SURETY_SEAL_KEY_FILE: ${why}`);
  try {
    if (isBelow(realpathSync(file), dataDir))
      throw new Error(`${file} is in the data folder, whose writers it is to guard against`);
    const key = readFileSync(file);
    if (key.length < MIN_KEY_BYTES)
      throw new Error(`${file}: expected at least ${MIN_KEY_BYTES} bytes, got ${key.length}`);
    if ((statSync(file).mode & FOR_OTHERS) !== 0)
      log.warn({ file }, 'the seal key may be read or written by every user of this machine');
    return key;
  } catch (error) {
    throw refuse((error as Error).message);
  }
}

function isBelow(file: string, folder: string): boolean {
  try {
    const way = relative(realpathSync(folder), file);
    return !way.startsWith('..') && !isAbsolute(way);
  } catch {
    return false; // there is no such folder yet
  }
}

/** No two lists have the same text; the first word tells what kind of thing is sealed. */
function macOf(key: Uint8Array, words: readonly unknown[]): string {
  return createHmac('sha256', key).update(JSON.stringify(words)).digest('hex');
}

/** The checksum fixes the bytes, and with them their number. */
function wordsOfPart({ name, version, digest, createdAt, part, sha256 }: SealedPart): unknown[] {
  return ['surety/part/1', name, version, digest, createdAt, part, sha256];
}

/** Not the time of a revocation, with which a key loses its seal. */
function wordsOfKey({ id, name, sha256, scopes, models, createdAt, expiresAt }: StoredKey): unknown[] {
  return ['surety/key/1', id, name, sha256, scopes, models, createdAt, expiresAt];
}
