import { hash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { type Caller, makeCaller } from '../caller.ts';
import { SuretyError } from '../errors.ts';
import type { KeyStore, StoredKey } from '../store/key-store.ts';
import { storeFailed } from '../store/store-failed.ts';
import { KEY_FORM, type KeyFields, type KeyInfo, newKey } from './new-key.ts';
import { Outage } from './outage.ts';

/** How long a key made or revoked elsewhere may go unnoticed, and the time that the store takes. */
const READ_EVERY_MS = 1000;

/** What an unknown id is compared with: it takes as long as a known one. */
const NO_SHA256 = Buffer.alloc(32);

interface Held {
  readonly sha256: Buffer;
  readonly caller: Caller;
  readonly expires: number;
}

/**
 * The API keys, in memory. Every second they are read from the store if they have changed; while it fails, those that were read last go on
 * working. What is made or revoked here takes effect at once.
 */
export class KeyRing {
  readonly #store: KeyStore;
  readonly #outage: Outage;
  readonly #log: Logger;
  #held: Map<string, Held> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  /** Of the store, when the keys were read last. */
  #state: string | undefined;
  /** Counts changes made here: what was read from the store before one of them is out of date. */
  #changes = 0;

  constructor(store: KeyStore, log: Logger) {
    this.#store = store;
    this.#log = log;
    this.#outage = new Outage(log, 'the API keys');
  }

  /** Reads the keys, and goes on reading them until `close`. A store that fails is asked again. */
  async load(): Promise<void> {
    this.#timer ??= setInterval(() => this.#read(), READ_EVERY_MS).unref();
    await this.#read();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Whether no key is of use: there is none, or all are revoked or expired. */
  get hasNoUsableKey(): boolean {
    return ![...(this.#held?.values() ?? [])].some(isValid);
  }

  /**
   * Who shows this key; null when it is unknown, expired or revoked. Costs one SHA-256; neither what is looked up nor what
   * is compared tells by its time how much of a key is right. Throws a SuretyError before the keys have been read.
   */
  callerOf(key: string): Caller | null {
    const id = KEY_FORM.exec(key)?.[1];
    if (id === undefined) return null;
    if (this.#held === undefined)
      throw new SuretyError('access_unavailable', 'the keys are still being read');
    const held = this.#held.get(id);
    // A digest as a buffer of its own takes four times as long as one by way of a text.
    const sha256 = Buffer.from(hash('sha256', key), 'hex');
    const fits = timingSafeEqual(sha256, held?.sha256 ?? NO_SHA256);
    return fits && held !== undefined && isValid(held) ? held.caller : null;
  }

  /** Every stored key, those of no more use too. */
  async list(): Promise<KeyInfo[]> {
    const stored = await this.#store.list().catch((cause: unknown) => {
      throw new SuretyError('store_failed', 'the store cannot be read', { cause });
    });
    return stored.map(infoOf);
  }

  /** Makes and stores a key. It is given back this once. */
  async create(fields: KeyFields): Promise<{ readonly key: string; readonly info: KeyInfo }> {
    const { key, stored } = newKey(fields);
    await this.#store.insert(stored).catch(changeFailed('createKey'));
    this.#changed();
    this.#held?.set(stored.id, heldOf(stored));
    return { key, info: infoOf(stored) };
  }

  /** Throws a SuretyError when there is no such key. A key that was revoked before stays so. */
  async revoke(id: string): Promise<void> {
    const found = await this.#store.revoke(id, new Date().toISOString()).catch(changeFailed('revokeKey'));
    if (!found) throw new SuretyError('key_not_found', 'there is no key with this id');
    this.#changed();
    this.#held?.delete(id);
  }

  /** What is held is no longer what was read, so that the keys are read again even if the store should lose the change. */
  #changed(): void {
    this.#changes++;
    this.#state = undefined;
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    const changes = this.#changes;
    try {
      const state = await this.#store.state();
      const stored = state === this.#state ? null : await this.#store.list();
      this.#outage.over();
      if (stored === null || changes !== this.#changes) return;
      for (const { id, unsealed } of stored)
        if (unsealed) this.#log.warn({ key: id }, 'an API key is not sealed, and is refused');
      const usable = stored.filter(({ revokedAt, unsealed }) => revokedAt === null && !unsealed);
      this.#held = new Map(usable.map((key) => [key.id, heldOf(key)]));
      this.#state = state;
    } catch (error) {
      this.#outage.noticed(error);
    } finally {
      this.#reading = false;
    }
  }
}

function infoOf({ sha256: _, ...info }: StoredKey): KeyInfo {
  return info;
}

function heldOf({ id, sha256, scopes, models, expiresAt }: StoredKey): Held {
  const expires = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
  return { sha256: Buffer.from(sha256, 'hex'), caller: makeCaller(`key:${id}`, scopes, models), expires };
}

function isValid({ expires }: Held): boolean {
  return Date.now() < expires; // false for a date that cannot be read
}

function changeFailed(change: 'createKey' | 'revokeKey') {
  return (cause: unknown): never => {
    throw storeFailed(change, cause);
  };
}
