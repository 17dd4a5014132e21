import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/process/process.ts';
import { startService, temporaryFolder } from '../support/process/service.ts';
import { NO_POSTGRES, postgresDatabase } from '../support/stores/postgres.ts';
import { certifiedLoans, registerLoans, servedLoans } from '../support/stores/stored-files.ts';

const run = promisify(execFile);
const NO_PG_DUMP = await run('pg_dump', ['--version']).then(
  () => null,
  () => 'there is no pg_dump',
);
const SKIPPED = NO_POSTGRES ?? NO_PG_DUMP;

const command = (url: string, ...args: string[]) =>
  runCommand('src/backup.ts', args, { SURETY_DATABASE_URL: url });

describe.skipIf(SKIPPED)(`a store on Postgres${SKIPPED ? ` (skipped: ${SKIPPED})` : ''}`, () => {
  it('is backed up by pg_dump, restored by pg_restore, and verified as any other', async () => {
    const [database, other] = [postgresDatabase(), postgresDatabase()];
    const [url, otherUrl] = [await database.url(), await other.url()];
    const service = await startService({ config: { databaseUrl: url } });
    for (const seed of [1, 2]) await registerLoans(service.url, seed);
    const dump = join(temporaryFolder(), 'surety.dump');
    await run('pg_dump', ['--format=custom', `--file=${dump}`, url]);
    await registerLoans(service.url, 3);
    await run('pg_restore', ['--no-owner', '--exit-on-error', `--dbname=${otherUrl}`, dump]);
    const verified = await command(otherUrl, 'verify');
    const served = await servedLoans(service.url);
    const lines = served
      .slice(0, 2)
      .map(({ version, digest }) => `loans ${version} ${digest} checksums and digest; seal not checked\n`);
    expect(verified).toEqual({ code: 0, stdout: lines.join(''), stderr: '' });
    const restored = await startService({ config: { databaseUrl: otherUrl } });
    for (const version of [1, 2]) {
      expect(await certifiedLoans(restored.url, version)).toBe(await certifiedLoans(service.url, version));
    }
    await other.behind((db) =>
      db
        .updateTable('chunk')
        .set({ data: Buffer.from('x') })
        .where((row) => row.and({ version: 2, part: 'labels' }))
        .execute(),
    );
    expect(await command(otherUrl, 'verify')).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(
        /^loans 1 \S+ checksums and digest; seal not checked\nloans 2 \S+ DAMAGED: part 'labels'/,
      ),
    });
  });

  it('is left to those, and named to nobody', async () => {
    const url = await postgresDatabase().url();
    for (const args of [
      ['create', temporaryFolder()],
      ['restore', 'x', '--replace'],
    ]) {
      const { code, stdout, stderr } = await command(url, ...args);
      expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining('pg_dump and pg_restore')]);
      expect(stderr).not.toContain(url);
    }
  });
});
