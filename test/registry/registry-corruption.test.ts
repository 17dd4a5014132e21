// Whole pages of the database's file become noise, or its log ends early, as when a disk or a cable fails.
import { copyFileSync, statSync, truncateSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { ModelRegistry } from '../../src/registry/registry.ts';
import { openSqlite } from '../../src/store/sqlite/open-sqlite.ts';
import { bitsIn, certified, register, tinyDataset } from '../support/models/registry.ts';
import { LIMITS } from '../support/models/settings.ts';
import { WORKERS } from '../support/models/workers.ts';
import { dataFolder } from '../support/stores/folder.ts';
import { databaseOf, overwrite } from '../support/stores/stored-files.ts';

const PAGE_BYTES = 4096;
const LOG_HEADER_BYTES = 32;
const FRAME_BYTES = 24 + PAGE_BYTES;
const INSTANCES = [[0], [2.5], [40]];
/** So many that a part has pages of its own. */
const ROWS = 600;

/** What each version answers, to the bit, and which are damaged; a start that fails throws. */
interface Started {
  readonly answers: ReadonlyMap<string, string>;
  readonly damaged: readonly string[];
}

/** Starts on a folder, and lets the registry do something. */
async function start(
  folder: string,
  act: (registry: ModelRegistry) => Promise<unknown> = async () => {},
): Promise<Started> {
  const store = openSqlite(folder);
  try {
    await store.migrate();
    const registry = new ModelRegistry(store.models, LIMITS, WORKERS);
    await registry.load();
    await act(registry);
    const answers = new Map<string, string>();
    for (const model of registry.list()) {
      answers.set(`${model.name} ${model.version}`, bitsIn(await certified(model, INSTANCES)));
    }
    return { answers, damaged: registry.damaged.map(({ name, version }) => `${name} ${version}`) };
  } finally {
    await store.close();
  }
}

const registerAll = (seeds: readonly number[]) => async (registry: ModelRegistry) => {
  for (const seed of seeds) await register(registry, 'm', tinyDataset(seed, ROWS));
};

describe('a page of noise', () => {
  it('fails the start, or versions, or changes, in these words; no version ever answers otherwise', async () => {
    const random = new SeededRandom(5);
    const original = dataFolder();
    const sound = await start(original, registerAll([1, 2, 3]));
    expect(sound.answers.size).toBe(3);
    const seen = { refused: 0, damaged: 0, unwritable: 0 };
    for (let page = 0; page < statSync(databaseOf(original)).size / PAGE_BYTES; page++) {
      const folder = dataFolder();
      copyFileSync(databaseOf(original), databaseOf(folder));
      const noise = Uint8Array.from({ length: PAGE_BYTES }, () => random.below(256));
      overwrite(databaseOf(folder), page * PAGE_BYTES, noise);
      const addAnother = (registry: ModelRegistry) =>
        register(registry, 'n', tinyDataset(9, ROWS)).catch((error) => {
          expect(error, `page ${page}`).toMatchObject({ code: 'store_failed' });
          seen.unwritable++;
        });
      for (const act of [addAnother, undefined]) {
        const started = await start(folder, act).catch((error: Error) => error.message);
        if (typeof started === 'string') {
          expect(started, `page ${page}`).toMatch(
            /^(file is not a database|database disk image is malformed)$/,
          );
          seen.refused++;
          continue;
        }
        seen.damaged += started.damaged.length;
        for (const [which, bits] of sound.answers) {
          if (started.damaged.includes(which)) expect(started.answers.has(which)).toBe(false);
          else expect(started.answers.get(which), `page ${page}, ${which}`).toBe(bits);
        }
      }
    }
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(0);
  });
});

describe('a log that ends early, or has a page of noise', () => {
  it('loses whole versions from the last one back, and no half of any', async () => {
    const random = new SeededRandom(6);
    const crashed = dataFolder();
    const folder = dataFolder();
    const reader = new Database(databaseOf(folder));
    const sound = await start(folder, async (registry) => {
      await registerAll([1])(registry);
      reader.exec('BEGIN; SELECT count(*) FROM model'); // what follows stays in the log
      await registerAll([2, 3])(registry);
      for (const ending of ['', '-wal']) {
        copyFileSync(`${databaseOf(folder)}${ending}`, `${databaseOf(crashed)}${ending}`);
      }
      reader.close();
    });
    const versionsAfter = async (change: (log: string) => unknown) => {
      const own = dataFolder();
      for (const ending of ['', '-wal']) {
        copyFileSync(`${databaseOf(crashed)}${ending}`, `${databaseOf(own)}${ending}`);
      }
      change(`${databaseOf(own)}-wal`);
      const { answers, damaged } = await start(own);
      expect(damaged).toEqual([]);
      for (const [which, bits] of answers) expect(bits, which).toBe(sound.answers.get(which));
      return answers.size;
    };
    const frames = (statSync(`${databaseOf(crashed)}-wal`).size - LOG_HEADER_BYTES) / FRAME_BYTES;
    expect(await versionsAfter(() => {})).toBe(3);
    const cut: number[] = [];
    for (let frame = 0; frame < frames; frame++) {
      const at = LOG_HEADER_BYTES + frame * FRAME_BYTES;
      cut.push(await versionsAfter((log) => truncateSync(log, at + random.below(FRAME_BYTES))));
      const noise = Uint8Array.from({ length: 100 }, () => random.below(256));
      const inFrame = at + random.below(FRAME_BYTES - noise.length);
      expect(await versionsAfter((log) => overwrite(log, inFrame, noise)), `frame ${frame}`).toBe(cut[frame]);
    }
    expect(cut).toEqual([...cut].sort());
    expect(new Set(cut)).toEqual(new Set([1, 2]));
  });
});
