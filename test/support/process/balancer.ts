import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../bench/performance/processes.ts';
import { call, until } from './process.ts';
import { temporaryFolder } from './service.ts';

const CONFIGURATION = fileURLToPath(new URL('../../../deploy/haproxy/haproxy.cfg', import.meta.url));

/** Why there can be no balancer here; undefined where there can. */
export const noBalancer =
  spawnSync('haproxy', ['-v']).error === undefined
    ? undefined
    : 'there is no haproxy: apt-get install -y haproxy';

/**
 * HAProxy with the configuration of deploy/ in front of two addresses, on a port of its own; it ends with the test. `onLog` is
 * given what it writes; `headersTimeout` takes the place of the 30 s that it has for the headers of a request.
 */
export async function startBalancer(
  replicas: readonly [string, string],
  { onLog = () => {}, headersTimeout }: { onLog?: (text: string) => void; headersTimeout?: string } = {},
): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const [REPLICA_1, REPLICA_2] = replicas.map((url) => new URL(url).host);
  let file = CONFIGURATION;
  if (headersTimeout !== undefined) {
    file = join(temporaryFolder(), 'haproxy.cfg');
    const own = `timeout http-request ${headersTimeout}`;
    writeFileSync(file, readFileSync(CONFIGURATION, 'utf8').replace('timeout http-request 30s', own));
  }
  const child = spawn('haproxy', ['-db', '-f', file], {
    env: { PATH: process.env.PATH, BALANCER_ADDRESS: address, REPLICA_1, REPLICA_2 },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child.stdout.setEncoding('utf8').on('data', onLog);
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const url = `http://${address}`;
  await until(
    () =>
      call(url, 'GET', '/readyz').then(
        () => true,
        () => false,
      ),
    'listening',
  );
  return url;
}
