// Kills the service with SIGKILL at seeded random moments of registrations and holds what it serves after each restart
// against a service that was never interrupted. SURETY_TEST_CRASH_ROUNDS sets the number of rounds (25; each takes one to two
// seconds), SURETY_TEST_CRASH_SEED the seed (1). Where the kills land depends on the machine; what must hold does not.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { call, postJson, spawnServer, startServer, toCsv, until, uploadForm } from '../support/process.ts';
import {
  checkRemains,
  commitOr,
  type Moment,
  type Phase,
  pause,
  registerAndKill,
  walState,
} from '../support/process-crash.ts';
import { type Service, startService, temporaryFolder } from '../support/service.ts';

const ROUNDS = Number(process.env.SURETY_TEST_CRASH_ROUNDS ?? 25);
const SEED = Number(process.env.SURETY_TEST_CRASH_SEED ?? 1);
/** Further rounds, should the kills have missed a phase by chance. */
const MORE_ROUNDS = 25;
const PHASES: readonly Phase[] = ['upload', 'work', 'store', 'answered'];
const NAMES = ['loans', 'cars', 'homes'];
const PROBES = syntheticLoans(8, 4_000_000_000).map(({ outcome, ...loan }) => loan);

interface Described {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: string;
}

/** A content, what the uninterrupted service says of it, and the versions under which it has been seen. */
interface Content {
  readonly form: (name: string) => ReturnType<typeof uploadForm>;
  readonly name: string;
  readonly described: Described;
  /** Milliseconds that its registration took. */
  readonly took: number;
  readonly certificates: readonly string[];
  /** Once seen, it must stay. */
  seen?: Described;
}

describe('kill -9 during POST /models', () => {
  it(`keeps what it acknowledged, and nothing by halves, in ${ROUNDS} rounds`, {
    timeout: 120_000 + 5000 * ROUNDS,
  }, async () => {
    const random = new SeededRandom(SEED);
    const reference = await startService();
    const dataDir = temporaryFolder();
    const temporary = temporaryFolder();
    const contents: Content[] = [];
    const phases: Phase[] = [];
    const start = () => startServer(dataDir, { TMPDIR: temporary });
    let server = await start();
    for (let round = 0; round < ROUNDS || needsMore(phases); round++) {
      const content = await newContent(reference, round, random);
      contents.push(content);
      const moment = newMoment(round, content.took, random);
      const trace = `seed ${SEED}, round ${round}, ${content.name}, kill ${JSON.stringify(moment)}`;
      const killed = await registerAndKill(server, dataDir, content.form(content.name), moment);
      phases.push(killed.phase);
      checkRemains(dataDir);
      expect(readdirSync(temporary), trace).toEqual([]);
      if (round % 4 === 3) await killWhileStarting(dataDir, 700 * random.uniform());

      server = await start();
      if (killed.status !== undefined) expect(killed.status, trace).toBe(201);
      const again = contents.filter((one) => one === content || random.below(contents.length) < 5);
      await checkServed(server.url, contents, trace, again);
      if (killed.status === 201) expect(content.seen, `${trace}: acknowledged and gone`).toBeDefined();
      await registerAgain(server.url, content, trace);
    }
    await checkServed(server.url, contents, 'at the end');
    server.child.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(readdirSync(dataDir)).toEqual(['surety.sqlite']);
    for (const phase of PHASES) expect(phases, 'where the kills landed').toContain(phase);
  });
});

describe('kill -9 during the first start', () => {
  it('leaves a folder that the next start makes whole', { timeout: 120_000 }, async () => {
    const random = new SeededRandom(SEED);
    for (let round = 0; round < 6; round++) {
      const dataDir = temporaryFolder();
      await killWhileStarting(dataDir, 15 * random.uniform(), () =>
        existsSync(join(dataDir, 'surety.sqlite')),
      );
      checkRemains(dataDir);
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
      expect(readdirSync(dataDir)).toEqual(['surety.sqlite']);
    }
  });
});

describe('kill -9 during DELETE /models/{name}', () => {
  it('leaves each version whole or absent, and absent after 204', { timeout: 120_000 }, async () => {
    const random = new SeededRandom(SEED);
    const reference = await startService();
    const dataDir = temporaryFolder();
    let server = await startServer(dataDir);
    for (let round = 0; round < 6; round++) {
      const content = await newContent(reference, round, random);
      const created = await call(server.url, 'POST', '/models', content.form(content.name));
      expect(created.status).toBe(201);
      const walBefore = walState(dataDir);
      let status: number | undefined;
      const deleting = call(server.url, 'DELETE', `/models/${content.name}`).then(
        (answer) => {
          status = answer.status;
        },
        () => {}, // killed before the answer
      );
      if (round % 2 === 0) await commitOr(dataDir, walBefore, () => status !== undefined);
      await pause(12 * random.uniform());
      server.child.kill('SIGKILL');
      await server.exited;
      await deleting;
      checkRemains(dataDir);
      server = await startServer(dataDir);
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

/** A training set that no other round has, registered with the uninterrupted service. */
async function newContent(reference: Service, round: number, random: SeededRandom): Promise<Content> {
  const csv = toCsv(syntheticLoans(2000 + random.below(3000), 1000 * SEED + round));
  const components = [null, 50, 120][random.below(3)]!;
  const randomFourier = components && { components, seed: round };
  const settings = { noise: { q: 0.1 + 0.3 * random.uniform() }, features: { randomFourier } };
  const form = (name: string) => uploadForm({ name, target: 'outcome', settings }, csv);
  const unique = `reference-${round}`;
  const begun = performance.now();
  const { status, text } = await call(reference.url, 'POST', '/models', form(unique));
  const took = performance.now() - begun;
  expect(status, text).toBe(201);
  return {
    form,
    name: NAMES[random.below(NAMES.length)]!,
    described: JSON.parse(text),
    took,
    certificates: await certificates(reference.url, unique, 1),
  };
}

/** Each phase in turn, at a random moment of it. The fit is aimed at by time, so some of its kills land elsewhere. */
function newMoment(round: number, took: number, random: SeededRandom): Moment {
  const part = random.uniform();
  if (round % 4 === 0) return { aim: 'upload', fraction: part };
  if (round % 4 === 1) return { aim: 'work', ms: 1.5 * took * part };
  if (round % 4 === 2) return { aim: 'store', ms: 5 * part ** 2 };
  return { aim: 'answered', ms: 5 * part };
}

/** Starts the service and kills it so many milliseconds after it has begun: what recovers may die as well. */
async function killWhileStarting(dataDir: string, ms: number, hasBegun = () => true): Promise<void> {
  const server = spawnServer({ SURETY_DATA_DIR: dataDir });
  await until(hasBegun, 'starting');
  await pause(ms);
  server.child.kill('SIGKILL');
  await server.exited;
}

/**
 * Everything served is whole, and everything ever seen is served; the certificates are compared for `certified`. Notes
 * what is seen for the first time.
 */
async function checkServed(
  url: string,
  contents: readonly Content[],
  trace: string,
  certified = contents,
): Promise<void> {
  const { models } = JSON.parse((await call(url, 'GET', '/models')).text) as { models: Described[] };
  const ready = JSON.parse((await call(url, 'GET', '/readyz')).text);
  expect(ready, trace).toEqual({ status: 'ready', models: models.length, damaged: [] });
  for (const model of models) {
    const content = contents.find(
      ({ name, described }) => name === model.name && described.digest === model.digest,
    );
    if (content === undefined) throw new Error(`${trace}: serves what was never sent: ${model.digest}`);
    content.seen ??= model;
    const { version, createdAt } = content.seen;
    expect(model, trace).toEqual({ ...content.described, name: content.name, version, createdAt });
    if (!certified.includes(content)) continue;
    expect(await certificates(url, model.name, model.version), trace).toEqual(content.certificates);
  }
  const digests = new Set(models.map(({ digest }) => digest));
  for (const { seen } of contents) {
    if (seen !== undefined)
      expect(digests, `${trace}: ${seen.name} ${seen.version} is gone`).toContain(seen.digest);
  }
}

/** A client that had no answer sends the same again: it gets the version that is there, or a new one. */
async function registerAgain(url: string, content: Content, trace: string): Promise<void> {
  const { status, text } = await call(url, 'POST', '/models', content.form(content.name));
  const model: Described = JSON.parse(text);
  expect(status, `${trace}: sent again: ${text}`).toBe(content.seen === undefined ? 201 : 200);
  content.seen ??= model;
  expect(model, trace).toEqual(content.seen);
}

/** The results by both methods, as the text of the answers: equal means bit for bit. */
async function certificates(url: string, model: string, version: number): Promise<string[]> {
  const requests = [{ explain: { breakingSet: true } }, { method: 'smoothed' }];
  return Promise.all(
    requests.map(async (request) => {
      const body = { model, version, instances: PROBES, ...request };
      const { status, text } = await postJson(url, '/certify', body);
      expect(status, text).toBe(200);
      return text.slice(text.indexOf('"results"'));
    }),
  );
}
