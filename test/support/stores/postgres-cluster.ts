import { execFile } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../bench/performance/processes.ts';
import { temporaryFolder } from '../process/service.ts';
import { onServer } from './postgres.ts';

const run = promisify(execFile);

/** Where Debian has the programs of a server. */
const DEBIAN = '/usr/lib/postgresql';
const BIN = existsSync(DEBIAN)
  ? readdirSync(DEBIAN)
      .map((version) => join(DEBIAN, version, 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')))
  : undefined;

/** A server refuses to run as root, so then it runs as the user whom Debian's package made. */
const USER =
  process.getuid?.() !== 0
    ? {}
    : await run('id', ['postgres']).then(
        ({ stdout }) => ({
          uid: Number(/uid=(\d+)/.exec(stdout)![1]),
          gid: Number(/gid=(\d+)/.exec(stdout)![1]),
        }),
        () => null,
      );

/** Why tests that stop a server of their own are skipped, or null. */
export const NO_CLUSTER: string | null =
  BIN !== undefined && USER !== null ? null : `no initdb in ${DEBIAN}, or no user postgres to run it`;

/** A Postgres server of a test's own, which can be stopped and started. It goes with the test. */
export interface Cluster {
  readonly url: string;
  /** Makes a user with a database of its own, who needs the password from now on, and says where it is. */
  readonly user: (name: string, password: string) => Promise<URL>;
  readonly start: () => Promise<void>;
  /** As if the machine had failed: connections are cut, what was committed stays. */
  readonly stop: () => Promise<void>;
}

export async function temporaryCluster(): Promise<Cluster> {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  for (const path of [folder, data]) {
    const { uid, gid } = { ...statSync(path), ...USER };
    chownSync(path, uid, gid);
  }
  const port = await freePort();
  const does = (program: string, ...options: string[]) =>
    run(join(BIN!, program), ['-D', data, ...options], { ...USER, cwd: folder });
  await does('initdb', '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--no-sync');
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off`;
  const stop = async () => void (await does('pg_ctl', 'stop', '-w', '-m', 'immediate'));
  const start = async () =>
    void (await does('pg_ctl', 'start', '-w', '-l', join(folder, 'log'), '-o', settings));
  onTestFinished(() => stop().catch(() => {})); // it may be stopped
  await start();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const user = async (name: string, password: string) => {
    const rules = `host all ${name} 127.0.0.1/32 scram-sha-256\nhost all postgres 127.0.0.1/32 trust\n`;
    writeFileSync(join(data, 'pg_hba.conf'), rules);
    await onServer(async (client) => {
      await client.query(`create role ${name} login password '${password}'`);
      await client.query(`create database ${name} owner ${name}`);
      await client.query('select pg_reload_conf()');
    }, url);
    return Object.assign(new URL(url), { username: name, password, pathname: `/${name}` });
  };
  return { url, user, start, stop };
}
