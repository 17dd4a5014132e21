import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, linkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../../src/store/sqlite/lock-folder.ts';
import { openSqlite } from '../../../src/store/sqlite/open-sqlite.ts';
import { runCommand, spawnServer, startServer } from '../../support/process/process.ts';
import { dataFolder } from '../../support/stores/folder.ts';
import { databaseOf } from '../../support/stores/stored-files.ts';

const MODULE = new URL('../../../src/store/sqlite/lock-folder.ts', import.meta.url).href;

/** Another process that locks the folder and, where it can, keeps it. */
const script = (folder: string) => [
  '--input-type=module',
  '-e',
  `import { lockFolder } from ${JSON.stringify(MODULE)};
   lockFolder(${JSON.stringify(folder)});
   process.stdout.write('locked');
   setInterval(() => globalThis.gc?.(), 10);`,
];

async function lockElsewhere(folder: string, options: readonly string[] = []) {
  const other = spawn(process.execPath, [...options, ...script(folder)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void other.kill('SIGKILL'));
  await once(other.stdout, 'data');
  return other;
}

describe('a locked folder', () => {
  it('is refused to another process, and free once the first has let go', async () => {
    const folder = join(dataFolder(), 'made');
    const unlock = lockFolder(folder);
    const refused = promisify(execFile)(process.execPath, script(folder));
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('another service has') });
    unlock();
    await lockElsewhere(folder);
    expect(() => lockFolder(folder)).toThrow('another service has this folder');
  });

  it('is free as soon as its process is killed, and not because garbage is collected', async () => {
    const folder = dataFolder();
    const other = await lockElsewhere(folder, ['--expose-gc']);
    await new Promise((done) => setTimeout(done, 300));
    expect(() => lockFolder(folder)).toThrow('another service has this folder');
    other.kill('SIGKILL');
    await once(other, 'exit');
    lockFolder(folder)();
  });

  it('can be read and written by whoever opens its store', async () => {
    const folder = dataFolder();
    const store = openSqlite(folder);
    onTestFinished(() => store.close());
    await store.migrate();
    await lockElsewhere(folder);
    const parts = new Map();
    await store.models.insert({ name: 'm', digest: 'd', createdAt: 'c', parts }, () => true);
    expect(await store.models.list()).toHaveLength(1);
    expect(existsSync(join(folder, 'surety.lock'))).toBe(true);
  });

  it.each<[string, (folder: string, other: string) => string]>([
    [
      'a hard link',
      (folder, other) => {
        linkSync(databaseOf(folder), databaseOf(other));
        return other;
      },
    ],
    [
      'a link to the folder',
      (folder, other) => {
        rmSync(join(folder, 'surety.lock'));
        symlinkSync(folder, join(other, 'link'));
        return join(other, 'link');
      },
    ],
    [
      'its own path, without the lock',
      (folder) => {
        rmSync(join(folder, 'surety.lock'));
        return folder;
      },
    ],
  ])('keeps its database from another service that comes by %s', async (_, path) => {
    const folder = dataFolder();
    const server = await startServer(folder);
    const other = spawnServer({ SURETY_DATA_DIR: path(folder, dataFolder()) });
    expect(await other.exited).toEqual({ code: 1, signal: null });
    expect(other.stderr()).toContain('another service has this database');
    for (const [script, verb] of [
      ['src/keys.ts', 'list'],
      ['src/backup.ts', 'verify'],
    ] as const)
      expect(await runCommand(script, [verb], { SURETY_DATA_DIR: folder })).toMatchObject({ code: 0 });
    server.child.kill('SIGKILL');
    await server.exited;
    await startServer(folder);
  });

  it('has to be one that can be made', () => {
    const file = join(dataFolder(), 'file');
    writeFileSync(file, '');
    expect(() => lockFolder(file)).toThrow('EEXIST');
    expect(() => lockFolder(join(file, 'below'))).toThrow('ENOTDIR');
  });
});
