import { describe, expect, it } from 'vitest';
import { call, preloading, startServer } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { certifiedLoans, registerLoans, servedLoans } from '../support/stores/stored-files.ts';

describe('a clock that jumps by years, ahead and back', () => {
  it('changes no answer, ends nothing early, and shows only where a time of day is meant', async () => {
    const begun = performance.now();
    const dataDir = temporaryFolder();
    const server = await startServer(dataDir, { ...preloading('clock'), SURETY_DRAIN_DELAY_MS: '1000' });
    const versions = [await registerLoans(server.url, 1), await registerLoans(server.url, 2)];
    const answers = [await certifiedLoans(server.url, 1)];
    for (let again = 0; again < 20; again++) answers.push(await certifiedLoans(server.url, 1));
    expect(new Set(answers).size).toBe(1);
    const { models } = JSON.parse((await call(server.url, 'GET', '/models')).text);
    const years = models.map(({ createdAt }: { createdAt: string }) => new Date(createdAt).getFullYear());
    expect(Math.abs(years[0] - years[1]), 'the clock did jump').toBeGreaterThan(1);
    expect(await servedLoans(server.url)).toEqual(versions);
    const told = performance.now();
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - told).toBeGreaterThan(950);
    const durations = server
      .log()
      .flatMap(({ durationMs }) => (durationMs === undefined ? [] : Number(durationMs)));
    expect(durations.length).toBeGreaterThan(20);
    for (const ms of durations) expect(ms >= 0 && ms < performance.now() - begun, `${ms} ms`).toBe(true);
    const warnings = server.log().filter(({ level }) => Number(level) > 30);
    expect(warnings.filter(({ msg }) => !String(msg).startsWith('access control is off'))).toEqual([]);
    expect(await servedLoans((await startServer(dataDir)).url)).toEqual(versions);
  });
});
