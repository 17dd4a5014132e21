import { hash, randomBytes } from 'node:crypto';
import type { Scope } from '../caller.ts';
import type { StoredKey } from '../store/key-store.ts';

/** What a key is made for. */
export interface KeyFields {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly models: readonly string[] | null;
  readonly expiresAt: string | null;
}

/** What may be known of a key. */
export type KeyInfo = Omit<StoredKey, 'sha256'>;

/** `surety_<id>_<secret>`: the id in hexadecimal, so that no underscore is in it, the secret of 256 random bits. */
export const KEY_FORM = /^surety_([0-9a-f]{16})_[\w-]{43}$/;

/**
 * A new key, and what is stored of it. The key itself is kept nowhere. As it is random, one round of SHA-256 is all it
 * needs: there is nothing to guess.
 */
export function newKey(fields: KeyFields): { readonly key: string; readonly stored: StoredKey } {
  const id = randomBytes(8).toString('hex');
  const key = `surety_${id}_${randomBytes(32).toString('base64url')}`;
  const createdAt = new Date().toISOString();
  return { key, stored: { id, ...fields, sha256: hash('sha256', key), createdAt, revokedAt: null } };
}
