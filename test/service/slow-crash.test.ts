// Kills the service with SIGKILL at seeded random moments of registrations, while others register and ask for certificates, and
// holds what it serves after each restart against a service that was never interrupted. SURETY_TEST_CRASH_ROUNDS sets the number
// of rounds (12; each takes some seconds), SURETY_TEST_CRASH_SEED the seed (1), SURETY_TEST_CRASH_STORE=postgres the store. Where
// the kills land depends on the machine; what must hold does not.
import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { type Moment, type Phase, pause, registerAndKill, turnsUntil } from '../support/process/crash.ts';
import { call, spawnServer, startServer, toCsv, until, uploadForm } from '../support/process/process.ts';
import { startService, temporaryFolder } from '../support/process/service.ts';
import {
  type Content,
  certifyLoad,
  checkServed,
  newContent,
  registerAgain,
} from '../support/stores/crash-contents.ts';
import { type CrashStore, postgresCrashStore, sqliteCrashStore } from '../support/stores/crash-stores.ts';
import { databaseOf } from '../support/stores/stored-files.ts';

const ROUNDS = Number(process.env.SURETY_TEST_CRASH_ROUNDS ?? 12);
const SEED = Number(process.env.SURETY_TEST_CRASH_SEED ?? 1);
const STORE = process.env.SURETY_TEST_CRASH_STORE === 'postgres' ? postgresCrashStore : sqliteCrashStore;
/** Further rounds, should the kills have missed a phase by chance. */
const MORE_ROUNDS = 25;
const PHASES: readonly Phase[] = ['upload', 'work', 'store', 'answered'];
/** Versions that are kept from round to round; the oldest is deleted when there are more. */
const KEPT = 20;
const CONNECTIONS = 3;
/** How long certificates alone are asked for in each round, before a registration is. */
const LOAD_MS = 200;

describe('kill -9 during POST /models and POST /certify', () => {
  it(`keeps what it acknowledged, and nothing by halves, in ${ROUNDS} rounds`, {
    timeout: 180_000 + 60_000 * ROUNDS,
  }, async () => {
    const begun = performance.now();
    const random = new SeededRandom(SEED);
    const reference = await startService();
    const store = await STORE();
    const temporary = temporaryFolder();
    const contents: Content[] = [];
    const phases: Phase[] = [];
    const tally = { acknowledged: 0, certified: 0, deleted: 0 };
    const start = () => startServer(store.dataDir, { TMPDIR: temporary, ...store.env });
    let server = await start();
    for (let round = 0; round < ROUNDS || needsMore(phases); round++) {
      const [content, beside] = [
        await newContent(reference, 1000 * SEED + 2 * round, random),
        await newContent(reference, 1000 * SEED + 2 * round + 1, random),
      ];
      const moment = newMoment(round, content.took, random);
      const trace = `seed ${SEED}, round ${round}, ${content.name}, kill ${JSON.stringify(moment)}`;
      const load = certifyLoad(server.url, [...contents], CONNECTIONS, random);
      await sleep(LOAD_MS);
      contents.push(content, beside);
      const another = round % 3 > 0 ? register(server.url, beside) : undefined;
      const killed = await registerAndKill(server, store, content.form(content.name), moment);
      phases.push(killed.phase);
      tally.certified += await load.done();
      const acknowledged = new Map([[content, killed.status]]);
      if (another !== undefined) acknowledged.set(beside, await another);
      await store.checkRemains();
      expect(readdirSync(temporary), trace).toEqual([]);
      if (round % 4 === 3) await killWhileStarting(store, 700 * random.uniform());

      server = await start();
      const certified = contents.filter(
        (one) => one === content || one === beside || random.below(contents.length) < 5,
      );
      await checkServed(server.url, contents, trace, certified);
      for (const [one, status] of acknowledged) {
        if (status === undefined) continue;
        expect(status, trace).toBe(201);
        expect(one.seen, `${trace}: acknowledged and gone`).toBeDefined();
        tally.acknowledged++;
      }
      for (const one of [content, beside]) {
        if ((await registerAgain(server.url, one, trace)) === 201) tally.acknowledged++;
      }
      while (contents.length > KEPT) {
        const { seen } = contents.shift()!;
        const { status } = await call(
          server.url,
          'DELETE',
          `/models/${seen!.name}/versions/${seen!.version}`,
        );
        expect(status, trace).toBe(204);
        tally.deleted++;
      }
    }
    await checkServed(server.url, contents, 'at the end');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    store.checkStopped();
    const kills = PHASES.map((phase) => `${phase} ${phases.filter((one) => one === phase).length}`);
    const seconds = Math.round((performance.now() - begun) / 1000);
    process.stdout.write(
      `${phases.length} rounds in ${seconds} s, kills by phase: ${kills.join(', ')}; ${JSON.stringify(tally)}; lost 0\n`,
    );
    for (const phase of PHASES) expect(phases, 'where the kills landed').toContain(phase);
    expect(tally.certified, 'there was load').toBeGreaterThan(ROUNDS);
  });
});

describe('kill -9 during the first start', () => {
  it('leaves a folder that the next start makes whole', { timeout: 120_000 }, async () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 6; round++) {
      const dataDir = temporaryFolder();
      const store = sqliteCrashStore(dataDir);
      await killWhileStarting(store, 15 * random.uniform(), () => existsSync(databaseOf(dataDir)));
      await store.checkRemains();
      const server = await startServer(dataDir);
      expect(JSON.parse((await call(server.url, 'GET', '/readyz')).text)).toEqual({
        status: 'ready',
        models: 0,
        damaged: [],
      });
      const form = uploadForm({ name: 'loans', target: 'outcome' }, toCsv(syntheticLoans(100, round)));
      expect((await call(server.url, 'POST', '/models', form)).status).toBe(201);
      server.child.kill('SIGTERM');
      expect(await server.exited).toEqual({ code: 0, signal: null });
      store.checkStopped();
    }
  });
});

describe('kill -9 during DELETE /models/{name}', () => {
  it('leaves each version whole or absent, and absent after 204', { timeout: 120_000 }, async () => {
    const random = new SeededRandom(SEED);
    const reference = await startService();
    const store = await STORE();
    const start = () => startServer(store.dataDir, store.env);
    let server = await start();
    for (let round = 0; round < 6; round++) {
      const content = await newContent(reference, 1000 * SEED + round, random);
      const created = await call(server.url, 'POST', '/models', content.form(content.name));
      expect(created.status).toBe(201);
      const before = await store.written();
      let status: number | undefined;
      const deleting = call(server.url, 'DELETE', `/models/${content.name}`).then(
        (answer) => {
          status = answer.status;
        },
        () => {}, // killed before the answer
      );
      if (round % 2 === 0) {
        await turnsUntil(async () => status !== undefined || (await store.written()) !== before);
      }
      await pause(12 * random.uniform());
      server.child.kill('SIGKILL');
      await server.exited;
      await deleting;
      await store.checkRemains();
      server = await start();
      await checkServed(server.url, [content], `seed ${SEED}, round ${round}`);
      if (status !== undefined) {
        expect(status).toBe(204);
        expect(content.seen).toBeUndefined();
      }
      if (content.seen) await call(server.url, 'DELETE', `/models/${content.name}`);
    }
  });
});

function needsMore(phases: readonly Phase[]): boolean {
  return phases.length < ROUNDS + MORE_ROUNDS && PHASES.some((phase) => !phases.includes(phase));
}

/** Each phase in turn, at a random moment of it. The fit is aimed at by time, so some of its kills land elsewhere. */
function newMoment(round: number, took: number, random: SeededRandom): Moment {
  const part = random.uniform();
  if (round % 4 === 0) return { aim: 'upload', fraction: part };
  if (round % 4 === 1) return { aim: 'work', ms: 1.5 * took * part };
  if (round % 4 === 2) return { aim: 'store', ms: 5 * part ** 2 };
  return { aim: 'answered', ms: 5 * part };
}

/** The status of a registration, or undefined when the service died over it. */
async function register(url: string, content: Content): Promise<number | undefined> {
  const answer = call(url, 'POST', '/models', content.form(content.name));
  return answer.then(({ status }) => status).catch(() => undefined);
}

/** Starts the service and kills it so many milliseconds after it has begun: what recovers may die as well. */
async function killWhileStarting(
  { dataDir, env }: CrashStore,
  ms: number,
  hasBegun = () => true,
): Promise<void> {
  const server = spawnServer({ SURETY_DATA_DIR: dataDir, ...env });
  await until(hasBegun, 'starting');
  await pause(ms);
  server.child.kill('SIGKILL');
  await server.exited;
}
