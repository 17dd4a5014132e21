// Two replicas on one Postgres behind the balancer, of which one is killed, or told to stop, during a stream of POST /certify.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { certifyStream } from '../../bench/scale/certify-stream.ts';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { noBalancer, startBalancer } from '../support/process/balancer.ts';
import { call, postJson, startServer, until } from '../support/process/process.ts';
import { startReplicas } from '../support/process/replicas.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { NO_POSTGRES, postgresDatabase } from '../support/stores/postgres.ts';

const MISSING = noBalancer ?? NO_POSTGRES ?? undefined;
const SKIPPED = MISSING === undefined ? '' : ` (skipped: ${MISSING})`;

describe.skipIf(MISSING)(`two replicas on one Postgres behind the balancer${SKIPPED}`, () => {
  it('answer every request while one is killed, and while the other is stopped, and are both asked when they are back', {
    timeout: 180_000,
  }, async () => {
    const SURETY_DATABASE_URL = await postgresDatabase().url();
    const replicas = await startReplicas(SURETY_DATABASE_URL);
    const url = await startBalancer([replicas[0].url, replicas[1].url]);
    const { text } = await postJson(url, '/models', REGISTRATION);
    const { name: model, version } = JSON.parse(text);
    const instances = LOANS.map((_, index) => application(index));
    const batches = [instances, ...instances.slice(0, 8).map((instance) => [instance])];
    const requests = batches.map((batch) => ({ model, version, instances: batch }));
    const bodies = requests.map((request) => JSON.stringify(request));
    for (const replica of replicas) {
      const knows = async () => (await postJson(replica.url, '/certify', requests[0])).status === 200;
      await until(knows, 'known to both');
    }

    for (const [at, signal] of [
      [0, 'SIGKILL'],
      [1, 'SIGTERM'],
    ] as const) {
      const end = new AbortController();
      const stream = certifyStream({ url, bodies, connections: 4, signal: end.signal });
      await sleep(500);
      replicas[at].child.kill(signal);
      await replicas[at].exited;
      await startServer(temporaryFolder(), { SURETY_DATABASE_URL, PORT: new URL(replicas[at].url).port });
      const answers = async () =>
        (await call(url, 'GET', '/models')).headers['x-replica'] === `replica-${at + 1}`;
      await until(answers, 'back');
      end.abort();
      const report = await stream;
      expect(report).toMatchObject({ uncured: 0, different: 0 });
      const answered = report.bySecond.flatMap((counts) => [...counts.keys()]);
      expect([...new Set(answered)].sort()).toEqual(['replica-1', 'replica-2']);
      if (signal === 'SIGTERM') expect([...report.failed]).toEqual([]);
    }
  });
});
