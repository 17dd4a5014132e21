import type { RawColumn } from '../features/column.ts';
import { readColumn } from '../model/content.ts';
import type { Model } from '../model/model.ts';
import { DamagedModelError, type ModelStore, type Part } from '../store/model-store.ts';

/**
 * Raw columns of the models' tables, ignored ones too. Certifying does not need them, so they are in the
 * store and not in memory: a column is read when it is first asked for, and kept as long as its model lives.
 *
 * Memory: 8 bytes a row and kept column (categories 4); the whole table while it is read, once a model at a
 * time.
 */
export class RawColumns {
  readonly #store: ModelStore;
  readonly #kept = new WeakMap<Model, Map<string, RawColumn>>();
  readonly #reading = new WeakMap<Model, Promise<Part>>();

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /**
   * These columns of the model's table, by name; others that are kept may be there too. Throws a
   * DamagedModelError when the stored table is not the one that was registered, or is gone. Assumes that the
   * table has the columns.
   */
  async get(model: Model, names: readonly string[]): Promise<ReadonlyMap<string, RawColumn>> {
    const kept = this.#kept.get(model) ?? new Map<string, RawColumn>();
    this.#kept.set(model, kept);
    if (names.every((name) => kept.has(name))) return kept;
    const table = await this.#table(model);
    for (const name of names) {
      if (!kept.has(name)) kept.set(name, readColumn(model.manifest, table, name));
    }
    return kept;
  }

  /** The stored table; requests that come while it is read share it. */
  #table(model: Model): Promise<Part> {
    const running = this.#reading.get(model);
    if (running !== undefined) return running;
    const reading = this.#read(model).finally(() => this.#reading.delete(model));
    this.#reading.set(model, reading);
    return reading;
  }

  async #read({ name, version, manifest }: Model): Promise<Part> {
    const part = await this.#store.readPart(name, version, 'table');
    if (part.sha256 !== manifest.sha256.table) {
      throw new DamagedModelError("part 'table' does not match the digest");
    }
    return part;
  }
}
