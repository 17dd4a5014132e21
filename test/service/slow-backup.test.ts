import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Finished, ROOT, runCommand, startServer, until } from '../support/process/process.ts';
import { startService, temporaryFolder } from '../support/process/service.ts';
import {
  behind,
  certifiedLoans,
  databaseOf,
  flipBit,
  overwrite,
  type Registered,
  registerLoans,
  servedLoans,
  storeOfLoans,
} from '../support/stores/stored-files.ts';

const command = (dataDir: string, ...args: string[]): Promise<Finished> =>
  runCommand('src/backup.ts', args, { SURETY_DATA_DIR: dataDir });

describe('create', () => {
  it('has all that was registered before, and nothing by halves, while more is registered', async () => {
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir);
    const backups = temporaryFolder();
    const acknowledged: Registered[] = [];
    let registering = true;
    const load = (async () => {
      for (let seed = 1; registering; seed++) {
        acknowledged.push(await registerLoans(server.url, seed, 30 + 200 * (seed % 8)));
        if (seed > 20) await sleep(100); // the test's own time
      }
    })();
    await until(() => acknowledged.length >= 3, 'registered');
    const taken: { file: string; atLeast: number; atMost: number }[] = [];
    for (const name of ['first', 'second']) {
      const file = join(backups, name);
      const atLeast = acknowledged.length;
      expect(await command(dataDir, 'create', file)).toMatchObject({ code: 0, stderr: '' });
      taken.push({ file, atLeast, atMost: acknowledged.length + 1 }); // one may be stored and not yet answered
    }
    registering = false;
    await load;
    expect(acknowledged.length, 'there was load').toBeGreaterThan(taken[0]!.atLeast);
    expect(readdirSync(backups)).toEqual(['first', 'second']);
    for (const { file, atLeast, atMost } of taken) {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const restored = temporaryFolder();
      const { code, stdout } = await command(restored, 'restore', file);
      expect(code).toBe(0);
      const service = await startService({ dataDir: restored });
      const served = await servedLoans(service.url);
      expect(served.length).toBeGreaterThanOrEqual(atLeast);
      expect(served.length).toBeLessThanOrEqual(atMost);
      expect(served).toEqual(acknowledged.slice(0, served.length));
      const lines = served.map(
        ({ version, digest }) => `loans ${version} ${digest} checksums and digest; seal not checked\n`,
      );
      expect(stdout).toBe(`${lines.join('')}restored ${databaseOf(restored)}\n`);
      for (const { version } of served.slice(-12)) {
        expect(await certifiedLoans(service.url, version)).toBe(await certifiedLoans(server.url, version));
      }
    }
  });

  it('names a file in a folder by the time, and overwrites none', async () => {
    const { dataDir } = await storeOfLoans(1);
    const folder = temporaryFolder();
    const { stdout } = await command(dataDir, 'create', folder);
    const [name] = readdirSync(folder);
    expect(name).toMatch(/^surety-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.sqlite$/);
    expect(stdout).toContain(`wrote ${join(folder, name!)}\n`);
    const own = databaseOf(dataDir);
    const before = readFileSync(own);
    const refused = await command(dataDir, 'create', own);
    expect(refused).toMatchObject({ code: 1, stderr: `${own} is there already\n` });
    expect(readFileSync(own)).toEqual(before);
  });

  it('is there whole, and says so by its exit code, when its reader has had enough', async () => {
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir);
    for (let seed = 1; seed <= 3; seed++) await registerLoans(server.url, seed, 40);
    const file = join(temporaryFolder(), 'copy');
    const line = `set -o pipefail; "${process.execPath}" src/backup.ts create "${file}" | true`;
    const env = { PATH: process.env.PATH, SURETY_DATA_DIR: dataDir };
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      execFile('bash', ['--norc', '-c', line], { cwd: ROOT, env }, (error, _stdout, text) =>
        resolve({ code: error?.code ?? 0, stderr: text }),
      );
    });
    expect([code, stderr]).toEqual([0, '']);
    expect((await command(dataDir, 'verify', file)).stdout.split('\n')).toHaveLength(4);
  });

  it('leaves no file when a model is damaged, or there is no store, and says so', async () => {
    const { dataDir } = await storeOfLoans(2);
    flipBit(databaseOf(dataDir), { name: 'loans', version: 2, part: 'features' });
    const folder = temporaryFolder();
    expect(await command(dataDir, 'create', folder)).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^loans 1 \S+ checksums and digest; seal not checked\nloans 2 \S+ DAMAGED: part 'features' does not match/,
      ),
      stderr: expect.stringContaining('damaged versions: 1'),
    });
    expect(await command(folder, 'create', join(folder, 'x'))).toMatchObject({
      code: 1,
      stderr: `there is no ${databaseOf(folder)}\n`,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

const SQL = (text: string) => (file: string) => behind(file, (database) => database.exec(text));
const TAMPERINGS: Record<string, (file: string) => unknown> = {
  'a changed bit of a model': (file) => flipBit(file, { name: 'loans', version: 1, part: 'factor' }),
  'another digest': SQL("UPDATE model SET digest = 'sha256:0'"),
  'a missing part': SQL("DELETE FROM chunk WHERE part = 'labels'; DELETE FROM blob WHERE part = 'labels'"),
  'rows that belong to nothing': SQL('DELETE FROM model'),
  'pages of noise': (file) => overwrite(file, 2 * 4096, randomBytes(8 * 4096)),
  'a cut end': (file) => truncateSync(file, 9 * 4096),
  'a changed header': (file) => overwrite(file, 16, randomBytes(40)),
  'what is no database': (file) => writeFileSync(file, 'x'.repeat(9000)),
  'nothing in it': (file) => writeFileSync(file, ''),
};

describe('restore', () => {
  it('refuses a backup that is not what was written, and touches nothing', async () => {
    const { dataDir } = await storeOfLoans(1);
    const sound = join(temporaryFolder(), 'sound');
    expect(await command(dataDir, 'create', sound)).toMatchObject({ code: 0 });
    for (const [what, tamper] of Object.entries(TAMPERINGS)) {
      const backup = join(temporaryFolder(), 'backup');
      copyFileSync(sound, backup);
      tamper(backup);
      const target = temporaryFolder();
      const { code, stdout, stderr } = await command(target, 'restore', backup);
      expect([code, stderr.length > 10, stdout.includes('restored')], `${what}: ${stderr}`).toEqual([
        1,
        true,
        false,
      ]);
      expect(readdirSync(target), what).toEqual(['surety.lock']);
    }
  });

  it('replaces a store only when told to, with its log too, and never under a service', async () => {
    const { dataDir, answers } = await storeOfLoans(1);
    const backup = join(temporaryFolder(), 'backup');
    expect(await command(dataDir, 'create', backup)).toMatchObject({ code: 0 });
    const target = temporaryFolder();
    const server = await startServer(target);
    await registerLoans(server.url, 7);
    expect(await command(target, 'restore', backup, '--replace')).toMatchObject({
      code: 1,
      stderr: 'another service has this folder\n',
    });
    const reader = new Database(databaseOf(target), { readonly: true });
    reader.exec('BEGIN; SELECT count(*) FROM model'); // what follows stays in the log
    await registerLoans(server.url, 8);
    server.child.kill('SIGKILL');
    await server.exited;
    reader.close();
    expect(statSync(`${databaseOf(target)}-wal`).size).toBeGreaterThan(0);
    writeFileSync(`${databaseOf(target)}-journal`, 'of a first start that was killed');
    expect(await command(target, 'restore', backup)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('--replace overwrites it'),
    });
    expect(await command(target, 'restore', backup, '--replace')).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(target)).toEqual(['surety.lock', 'surety.sqlite']);
    const restored = await startService({ dataDir: target });
    expect(await servedLoans(restored.url)).toHaveLength(1);
    expect(await certifiedLoans(restored.url, 1)).toBe(answers[0]);
  });

  it('gives no version number again that the replaced store has given, and says so when it cannot tell', async () => {
    const { dataDir } = await storeOfLoans(2);
    const backup = join(temporaryFolder(), 'backup');
    expect(await command(dataDir, 'create', backup)).toMatchObject({ code: 0 });
    const first = await startServer(dataDir);
    expect((await registerLoans(first.url, 3)).version).toBe(3);
    first.child.kill('SIGKILL');
    await first.exited;
    expect(await command(dataDir, 'restore', backup, '--replace')).toMatchObject({ code: 0, stderr: '' });
    const restored = await startServer(dataDir);
    expect(await servedLoans(restored.url)).toHaveLength(2);
    expect((await registerLoans(restored.url, 4)).version).toBe(4);
    restored.child.kill('SIGTERM');
    await restored.exited;
    overwrite(databaseOf(dataDir), 0, Buffer.alloc(100, 'x'));
    expect(await command(dataDir, 'restore', backup, '--replace')).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('(file is not a database): version numbers'),
    });
  });

  it('leaves a store alone that another program uses', async () => {
    const { dataDir } = await storeOfLoans(1);
    const backup = join(temporaryFolder(), 'backup');
    expect(await command(dataDir, 'create', backup)).toMatchObject({ code: 0 });
    const reader = new Database(databaseOf(dataDir), { readonly: true });
    onTestFinished(() => void reader.close());
    reader.exec('BEGIN; SELECT count(*) FROM model');
    const before = readFileSync(databaseOf(dataDir));
    expect(await command(dataDir, 'restore', backup, '--replace')).toMatchObject({
      code: 1,
      stderr: `another program uses ${databaseOf(dataDir)}\n`,
    });
    expect(readFileSync(databaseOf(dataDir))).toEqual(before);
  });
});

describe('verify', () => {
  it('names every version, of a running service too, and what is damaged', async () => {
    const { dataDir } = await storeOfLoans(2);
    const server = await startServer(dataDir);
    const sound = await command(dataDir, 'verify');
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(
      /^loans 1 sha256:\w{64} checksums and digest; seal not checked\nloans 2 sha256:\w{64} checksums and digest; seal not checked\n$/,
    );
    flipBit(databaseOf(dataDir), { name: 'loans', version: 2, part: 'table' });
    for (const args of [[], [databaseOf(dataDir)]]) {
      const { code, stdout } = await command(dataDir, 'verify', ...args);
      expect([code, stdout]).toEqual([1, expect.stringContaining("DAMAGED: part 'table' does not match")]);
    }
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('makes no store where there is none', async () => {
    const folder = temporaryFolder();
    expect(await command(folder, 'verify')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no '),
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('explains itself when it is asked for something else', async () => {
  const asked = [[], ['x'], ['create'], ['restore'], ['verify', 'a', 'b'], ['create', 'a', '--replace']];
  for (const args of asked) {
    const { code, stdout, stderr } = await command(temporaryFolder(), ...args);
    expect([code, stdout, stderr.split('\n')[0]], args.join(' ')).toEqual([2, '', 'Usage:']);
  }
});
