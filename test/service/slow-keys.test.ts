import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { bearer } from '../support/process/keys.ts';
import { call, ROOT, spawnServer, startServer, until } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

/** Runs the command as `npm run keys` does. */
async function keys(dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, ['src/keys.ts', ...args], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, SURETY_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      written[name] += text;
    });
  const [code] = await once(child, 'close');
  return { code, ...written };
}

const MADE = ['--name', 'loan desk', '--scopes', 'certify,read'];

describe('npm run keys', () => {
  it('makes and revokes keys of a running service, which follows within two seconds', async () => {
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir, { SURETY_AUTH: 'on' });
    const status = async (key: string) =>
      (await call(server.url, 'GET', '/models', { headers: bearer(key) })).status;
    const made = await keys(dataDir, 'create', ...MADE, '--models', 'loans,cards', '--days', '90');
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^surety_\w{16}_[\w-]{43}\n$/) });
    expect(made.stderr).toContain('the only time that it is shown');
    const key = made.stdout.trim();
    expect(made.stderr).not.toContain(key);
    await until(async () => (await status(key)) === 200, 'let in', 2000);

    const id = key.slice(7, 23);
    const listed = await keys(dataDir, 'list');
    const line = listed.stdout.split('\n')[1]!.split('\t');
    expect(line).toEqual([
      ...[id, 'loan desk', 'certify,read', 'loans,cards'],
      ...[expect.stringMatching(/Z$/), expect.stringMatching(/Z$/), 'valid'],
    ]);
    expect(Date.parse(line[5]!) - Date.parse(line[4]!)).toBeGreaterThan(89.9 * 86_400_000);

    expect(await keys(dataDir, 'revoke', id)).toMatchObject({ code: 0, stdout: '' });
    await until(async () => (await status(key)) === 401, 'refused', 2000);
    expect((await keys(dataDir, 'list')).stdout).toMatch(/\trevoked \S+Z\n$/);
    expect(listed.stdout + server.stdout()).not.toContain(key.slice(24));
  });

  it('makes the first key before the first start', async () => {
    const dataDir = join(temporaryFolder(), 'new');
    const { stdout } = await keys(dataDir, 'create', ...MADE);
    const server = await startServer(dataDir, { SURETY_AUTH: 'on' });
    expect((await call(server.url, 'GET', '/models', { headers: bearer(stdout.trim()) })).status).toBe(200);
    expect(server.stdout()).not.toContain('nobody can call');
  });

  it.each([
    ['nothing', []],
    ['create without scopes', ['create', '--name', 'x']],
    ['a limit for an administrator', ['create', '--name', 'x', '--scopes', 'admin', '--models', 'loans']],
    ['no number of days', ['create', ...MADE, '--days', '-1']],
    ['an unknown option', ['create', ...MADE, '--admin']],
    ['revoke without an id', ['revoke']],
  ])('explains itself to one who asks for %s, and does nothing', async (_what, args) => {
    const { code, stdout, stderr } = await keys('/dev/null/nowhere', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('npm run -s keys -- create --name NAME --scopes SCOPES');
  });

  it('says what went wrong', async () => {
    const dataDir = temporaryFolder();
    const unknown = await keys(dataDir, 'revoke', '0000000000000000');
    expect(unknown).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('no key with this id'),
    });
    const other = new Database(join(dataDir, 'surety.sqlite'));
    other.exec('BEGIN IMMEDIATE'); // as the service does while it stores a large model
    const busy = await keys(dataDir, 'create', ...MADE);
    expect(busy).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('database is locked'),
    });
    expect(await keys(dataDir, 'list')).toMatchObject({ code: 0 });
    other.close();
    expect(await keys('/dev/null/nowhere', 'list')).toMatchObject({ code: 1, stdout: '' });
  });
});

describe('a start', () => {
  it.each([
    [{ SURETY_AUTH: '' }, 'nobody can call this service yet'],
    [{ SURETY_AUTH: 'off-on-any-address', HOST: '0.0.0.0' }, 'access control is off'],
  ])('with %j warns: %s', async (env, warning) => {
    const server = await startServer(temporaryFolder(), env);
    const warnings = server.log().filter(({ level }) => level === 40);
    expect(warnings).toEqual([expect.objectContaining({ msg: expect.stringContaining(warning) })]);
  });

  it('without access control on an address that others can reach is refused', async () => {
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), SURETY_AUTH: 'off', HOST: '0.0.0.0' });
    expect((await server.exited).code).toBe(1);
    expect(server.stderr()).toContain('SURETY_AUTH: off needs a loopback address in HOST');
  });
});
