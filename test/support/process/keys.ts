import { type KeyFields, newKey } from '../../../src/access/new-key.ts';
import { SCOPES } from '../../../src/caller.ts';
import type { StoredKey } from '../../../src/store/key-store.ts';
import type { Service } from './service.ts';

/** A key for everything, or with other fields. */
export function fieldsOf(fields: Partial<KeyFields> = {}): KeyFields {
  return { name: 'test', scopes: SCOPES, models: null, expiresAt: null, ...fields };
}

/** A key that is in no store yet. */
export function looseKey(fields: Partial<KeyFields> = {}): {
  readonly key: string;
  readonly stored: StoredKey;
} {
  return newKey(fieldsOf(fields));
}

/** Makes a key of a running service. */
export async function keyOf(service: Service, fields: Partial<KeyFields> = {}): Promise<string> {
  return (await service.app.keys.create(fieldsOf(fields))).key;
}

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
