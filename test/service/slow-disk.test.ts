import { copyFileSync, mkdirSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import {
  call,
  postJson,
  type RunningServer,
  runCommand,
  spawnServer,
  startServer,
  until,
} from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { Disk, letWrite, NO_DISK } from '../support/stores/disk.ts';
import {
  behind,
  certifiedLoans,
  databaseOf,
  overwrite,
  registerLoans,
  servedLoans,
  storeOfLoans,
} from '../support/stores/stored-files.ts';

describe.skipIf(NO_DISK)(`a full disk${NO_DISK ? ` (skipped: ${NO_DISK})` : ''}`, () => {
  it('refuses changes and keeps nothing of them; what is there serves; all works once there is room', async () => {
    const disk = new Disk(6);
    const server = await startServer(disk.folder);
    const versions = [await registerLoans(server.url, 1)];
    const answer = await certifiedLoans(server.url, 1);
    const unchanged = async () => {
      expect(await servedLoans(server.url)).toEqual(versions);
      expect(await certifiedLoans(server.url, 1)).toBe(answer);
    };

    const before = freeBytes(disk);
    expect(await refusal(server, 'POST', { rows: 60_000 })).toContain('did not take the model');
    await expectFailures(server, ['SQLITE_FULL']);
    expect(freeBytes(disk), 'the log has given back what it took').toBe(before);
    await unchanged();

    disk.fill();
    expect(await refusal(server, 'POST', { rows: 2000 })).toContain('nothing was registered');
    expect(await refusal(server, 'DELETE')).toContain('nothing was deleted');
    await expectFailures(server, Array(3).fill('SQLITE_FULL'));
    await unchanged();
    expect((await call(server.url, 'GET', '/readyz')).status).toBe(200);

    disk.empty();
    versions.push(await registerLoans(server.url, 2, 2000));
    await unchanged();
    server.child.kill('SIGKILL');
    await server.exited;
    const again = await startServer(disk.folder);
    expect(await servedLoans(again.url)).toEqual(versions);
    expect(await certifiedLoans(again.url, 1)).toBe(answer);
    expect((await call(again.url, 'DELETE', '/models/loans')).status).toBe(204);
  });

  it('lets a start after a crash serve, and stops one that has to make files, with a message', async () => {
    const disk = new Disk(8);
    const first = await startServer(disk.folder);
    await registerLoans(first.url, 1);
    const answer = await certifiedLoans(first.url, 1);
    first.child.kill('SIGKILL');
    await first.exited;
    disk.fill();
    const second = await startServer(disk.folder);
    expect(await certifiedLoans(second.url, 1)).toBe(answer);
    second.child.kill('SIGTERM');
    expect(await second.exited).toEqual({ code: 0, signal: null });
    disk.fill(); // also the room of the files that are gone
    await expectRefusedStart(disk.folder, 'disk I/O error');
    disk.empty();
    const third = await startServer(disk.folder);
    expect(await certifiedLoans(third.url, 1)).toBe(answer);
  });

  it('stops a first start, and a backup, with a message and nothing left behind', async () => {
    const disk = new Disk(1);
    disk.fill();
    await expectRefusedStart(disk.folder, 'database or disk is full');
    const { dataDir } = await storeOfLoans(1);
    const backup = join(disk.folder, 'backup');
    const run = await runCommand('src/backup.ts', ['create', backup], { SURETY_DATA_DIR: dataDir });
    expect(run).toMatchObject({ code: 1, stderr: 'database or disk is full\n' });
    expect(readdirSync(disk.folder).filter((file) => file.startsWith('backup'))).toEqual([]);
    disk.empty();
    await startServer(disk.folder);
  });
});

describe.skipIf(NO_DISK)(`a read-only disk${NO_DISK ? ` (skipped: ${NO_DISK})` : ''}`, () => {
  it('stops the start with a message, with a store on it and without', async () => {
    const disk = new Disk(4);
    const [used, unused] = [join(disk.folder, 'used'), join(disk.folder, 'unused')];
    mkdirSync(unused);
    const server = await startServer(used);
    server.child.kill('SIGTERM');
    await server.exited;
    disk.makeReadOnly();
    for (const folder of [used, unused]) await expectRefusedStart(folder, 'read-only file system');
  });
});

describe('a disk that takes no more writes', () => {
  it('refuses changes, while what is there serves, until it does again', async () => {
    const { dataDir, answers } = await storeOfLoans(1);
    const server = await startServer(dataDir);
    const versions = await servedLoans(server.url);
    letWrite(server.child.pid!, false);
    expect(await refusal(server, 'POST', { rows: 10 })).toContain('nothing was registered');
    expect(await refusal(server, 'DELETE')).toContain('nothing was deleted');
    await expectFailures(server, Array(2).fill('SQLITE_IOERR_WRITE'));
    expect(await servedLoans(server.url)).toEqual(versions);
    expect(await certifiedLoans(server.url, 1)).toBe(answers[0]);
    letWrite(server.child.pid!, true);
    versions.push(await registerLoans(server.url, 2));
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(dataDir)).toEqual(['surety.lock', 'surety.sqlite']);
    expect(await servedLoans((await startServer(dataDir)).url)).toEqual(versions);
  });
});

describe('a store that cannot be read', () => {
  it('stops the start with a message, and is left as it is', async () => {
    const page = (number: number) => (number - 1) * 4096;
    const { dataDir } = await storeOfLoans(1);
    const root = behind(databaseOf(dataDir), (database) =>
      Number(database.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'model'").pluck().get()),
    );
    for (const [from, reason] of [
      [page(1), 'file is not a database'],
      [page(root), 'database disk image is malformed'],
    ] as const) {
      const folder = temporaryFolder();
      copyFileSync(databaseOf(dataDir), databaseOf(folder));
      overwrite(databaseOf(folder), from, Buffer.alloc(4096, 'x'));
      const before = readFileSync(databaseOf(folder));
      await expectRefusedStart(folder, reason);
      expect(readFileSync(databaseOf(folder)).equals(before)).toBe(true);
    }
  });
});

/** A registration or deletion that is refused for the store's sake; gives the detail. */
async function refusal(server: RunningServer, method: 'POST' | 'DELETE', { rows = 0 } = {}): Promise<string> {
  const records = syntheticLoans(rows, 77);
  const { status, headers, text } =
    method === 'DELETE'
      ? await call(server.url, method, '/models/loans/versions/1')
      : await postJson(server.url, '/models', { name: 'loans', target: 'outcome', records });
  const { code, detail } = JSON.parse(text);
  expect({ status, code, retry: headers['retry-after'] }, text).toEqual({
    status: 503,
    code: 'store_failed',
    retry: '1',
  });
  return detail;
}

/** SQLite's codes of what the store could not do are in the log. */
async function expectFailures(server: RunningServer, codes: readonly string[]): Promise<void> {
  const failures = () => server.log().filter(({ msg }) => msg === 'request failed');
  await until(() => failures().length >= codes.length, 'logged');
  expect(failures().map(({ err }) => (err as { code: string }).code)).toEqual(codes);
}

function freeBytes({ folder }: Disk): number {
  const { bfree, bsize } = statfsSync(folder);
  return bfree * bsize;
}

async function expectRefusedStart(dataDir: string, reason: string): Promise<void> {
  const server = spawnServer({ SURETY_DATA_DIR: dataDir });
  expect(await server.exited).toEqual({ code: 1, signal: null });
  expect(server.stderr()).toMatch(/^SURETY_DATA_DIR: cannot use the store in /);
  expect(server.stderr()).toContain(reason);
}
