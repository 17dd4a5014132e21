import { describe, expect, it } from 'vitest';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { call, postJson, startServer, until } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { NO_CLUSTER, temporaryCluster } from '../support/stores/postgres-cluster.ts';

const CERTIFY = { model: 'loans', instances: [application(0)] };
const VOTES = { noise: { kind: 'labels', q: 0.2, classes: 2 }, votes: { top: 990, total: 1000 } };

describe.skipIf(NO_CLUSTER)(`a silent database${NO_CLUSTER ? ` (skipped: ${NO_CLUSTER})` : ''}`, () => {
  it('stops a replica with SURETY_MAX_STALENESS from serving models until it answers; the others say since when', {
    timeout: 90_000,
  }, async () => {
    const cluster = await temporaryCluster();
    const start = (env: Record<string, string>) =>
      startServer(temporaryFolder(), { SURETY_DATABASE_URL: cluster.url, ...env });
    const [strict, patient] = await Promise.all([start({ SURETY_MAX_STALENESS: '5' }), start({})]);
    expect((await postJson(strict.url, '/models', REGISTRATION)).status).toBe(201);
    const ready = async ({ url }: { url: string }) => call(url, 'GET', '/readyz');
    await until(async () => JSON.parse((await ready(patient)).text).models === 1, 'loaded');
    const stopped = Date.now();
    await cluster.stop();
    expect((await postJson(strict.url, '/certify', CERTIFY)).status).toBe(200);
    await until(async () => (await ready(strict)).status === 503, 'stale');
    expect(Date.now() - stopped).toBeGreaterThan(3500);
    for (const answer of [
      await postJson(strict.url, '/certify', CERTIFY),
      await call(strict.url, 'GET', '/models'),
      await call(strict.url, 'GET', '/models/loans'),
      await ready(strict),
    ]) {
      const { code, detail } = JSON.parse(answer.text);
      expect([answer.status, code, detail]).toEqual([
        503,
        'not_ready',
        expect.stringContaining('SURETY_MAX_STALENESS'),
      ]);
    }
    expect((await postJson(strict.url, '/votes', VOTES)).status).toBe(200);

    expect((await postJson(patient.url, '/certify', CERTIFY)).status).toBe(200);
    // each notices the silence by itself, when its own last answer is five seconds old
    let since = '';
    await until(async () => {
      const { status, reasons = [''] } = JSON.parse((await ready(patient)).text);
      since = /^the store does not answer, since (.*Z)$/.exec(reasons[0])?.[1] ?? '';
      return status === 'degraded' && since !== '';
    }, 'told since when');
    expect(Math.abs(Date.parse(since) - stopped)).toBeLessThan(3000);

    await cluster.start();
    await until(async () => (await ready(strict)).status === 200, 'ready');
    expect((await postJson(strict.url, '/certify', CERTIFY)).status).toBe(200);
  });
});
