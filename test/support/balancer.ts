import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { freePort } from '../../bench/performance/processes.ts';
import { call, until } from './process.ts';

const CONFIGURATION = fileURLToPath(new URL('../../deploy/haproxy/haproxy.cfg', import.meta.url));

/** Why there can be no balancer here; undefined where there can. */
export const noBalancer =
  spawnSync('haproxy', ['-v']).error === undefined
    ? undefined
    : 'there is no haproxy: apt-get install -y haproxy';

/** HAProxy with the configuration of deploy/ in front of two addresses, on a port of its own; it ends with the test. */
export async function startBalancer(replicas: readonly [string, string]): Promise<string> {
  const address = `127.0.0.1:${await freePort()}`;
  const [REPLICA_1, REPLICA_2] = replicas.map((url) => new URL(url).host);
  const child = spawn('haproxy', ['-db', '-f', CONFIGURATION], {
    env: { PATH: process.env.PATH, BALANCER_ADDRESS: address, REPLICA_1, REPLICA_2 },
    stdio: 'ignore',
  });
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
