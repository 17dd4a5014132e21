// Keeps a small data folder and the answers of the build that made it, for test/upgrade: later builds must open the
// folder and answer the same, byte for byte. Run it on a release before anything changes:
//   node scripts/upgrade-fixture.ts <checkout of the release> test/upgrade/<version>
// It speaks to the service over HTTP alone, so that it runs on any build.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

const [checkout, folder] = process.argv.slice(2);
if (checkout === undefined || folder === undefined) {
  throw new Error('expected a checkout and a folder for the fixture');
}

/** A linear congruential generator (Numerical Recipes): data that need no package and no import. */
let state = 20261129;
const uniform = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
const pick = <T>(items: readonly T[]): T => items[Math.floor(uniform() * items.length)]!;

const loans = Array.from({ length: 60 }, (_, row) => {
  const income = Math.round(1000 + 4000 * uniform());
  const late = Math.floor(4 * uniform());
  return {
    income: uniform() < 0.1 ? null : income,
    late,
    purpose: uniform() < 0.1 ? null : pick(['car', 'house', "o'clock", 'Größe']),
    owner: uniform() < 0.1 ? null : uniform() < 0.5,
    same: 7,
    row,
    outcome: income / 1000 - late + 2 * uniform() > 2.5 ? 'good' : 'bad',
  };
});
const points = Array.from({ length: 90 }, (_, row) =>
  Array.from({ length: 5 }, (_, k) => Number((uniform() - (k === row % 3 ? 0 : 0.4)).toFixed(3))),
);
const pointLabels = points.map((_, row) => (uniform() < 0.15 ? 'c' : ['a', 'b', 'c'][row % 3]!));

const table = { target: 'outcome', records: loans, ignore: ['row'] };
const vectors = { features: points, labels: pointLabels };
const declared = {
  classes: ['bad', 'good'],
  columnTypes: {
    income: 'number',
    late: 'number',
    purpose: 'category',
    owner: 'boolean',
    same: 'number',
    row: 'number',
  },
};

const registrations: readonly ({ readonly name: string } & Record<string, unknown>)[] = [
  { name: 'loans', ...table },
  { name: 'loans', ...table, settings: { weights: 'sign', lambda: { absolute: 12.5 } } },
  {
    name: 'threshold',
    ...table,
    settings: { rule: { kind: 'threshold', value: 0.5, positive: 'good' }, intercept: true },
  },
  { name: 'points', ...vectors },
  { name: 'clipped', ...vectors, settings: { weights: { clip: 0.3 }, noise: { q: 0.1 } } },
  {
    name: 'marked',
    ...vectors,
    settings: { weights: { top: 20, rest: -1 }, features: { unitNorm: true }, centre: false },
  },
  {
    name: 'fourier',
    ...vectors,
    settings: { features: { standardise: true, randomFourier: { components: 40, scale: 1, seed: 3 } } },
  },
  {
    name: 'parts',
    ...table,
    settings: { partitions: { count: 5, threat: 'labels' } },
  },
  {
    name: 'parts-of-points',
    ...vectors,
    settings: { partitions: { count: 30, threat: 'labels' }, weights: { top: 2, rest: 0 } },
  },
  {
    name: 'rows',
    ...table,
    ...declared,
    settings: { partitions: { count: 7, threat: 'rows' } },
  },
];

const applicants = loans.slice(0, 6).map(({ outcome: _, ...rest }, k) => ({
  ...rest,
  late: k,
  purpose: k === 3 ? 'unseen' : rest.purpose,
}));
const asked = points.slice(0, 6).map((point) => point.map((value) => value * 1.5));
const isTable = (name: string) => ['loans', 'threshold', 'parts', 'rows'].includes(name);
const instancesFor = (name: string) => (isTable(name) ? applicants : asked);

const explain = { breakingSet: true, influentialRows: 3 };
const linear = { ...explain, radius: true, reasons: 4, invariantTo: ['purpose', 'late'] };
const threats = [
  { rows: { column: 'purpose', in: ['car', null] } },
  { rows: { and: [{ column: 'income', atLeast: 2000 }, { or: [{ column: 'owner', notIn: [true] }] }] } },
  { rows: { indices: [1, 2, 3, 5, 8, 13, 21, 34, 55] }, transitions: [['bad', 'good']] },
];

const certify = (model: string, more: object): Request => ({
  method: 'POST',
  path: '/certify',
  body: { model, instances: instancesFor(model), ...more },
});

/** What every later build must answer as this one does. */
const requests: readonly Request[] = [
  { method: 'GET', path: '/models' },
  ...[...new Set(registrations.map(({ name }) => name))].flatMap((name): Request[] => [
    { method: 'GET', path: `/models/${name}` },
    certify(name, { require: { flips: 2 } }),
    certify(name, { method: 'smoothed' }),
    certify(name, { method: 'monte-carlo', monteCarlo: { samples: 500, confidence: 0.9, seed: 5 } }),
    certify(name, { explain }),
  ]),
  certify('loans', { version: 1, explain: linear }),
  ...threats.flatMap((threat) => [
    certify('loans', { version: 1, threat, explain: { breakingSet: true } }),
    certify('loans', { threat, method: 'smoothed', noise: { q: 0.05 } }),
    certify('parts', { threat, method: 'partition' }),
  ]),
  certify('points', { explain: { radius: true, reasons: 2, invariantTo: ['0', '3'] } }),
  ...['parts', 'parts-of-points', 'rows'].map((name) => certify(name, { method: 'partition' })),
  {
    method: 'POST',
    path: '/evaluate',
    body: {
      model: 'loans',
      version: 1,
      instances: applicants,
      labels: loans.slice(0, 6).map(({ outcome }) => outcome),
      compare: [
        {},
        { method: 'smoothed' },
        { lambda: { relative: 10 }, weights: 'sign' },
        { weights: { clip: 0.9 } },
      ],
    },
  },
  { method: 'POST', path: '/certify', body: { model: 'loans', instances: [{ income: 'much' }] } },
];

const data = mkdtempSync(join(tmpdir(), 'surety-fixture-'));
const env = { SURETY_DATA_DIR: data, SURETY_AUTH: 'off', SURETY_DRAIN_DELAY_MS: '0', PORT: '0' };
const service = spawn(process.execPath, ['src/server.ts'], {
  cwd: checkout,
  env: { PATH: process.env.PATH, ...env },
});
let log = '';
for (const stream of [service.stdout, service.stderr]) stream.on('data', (text) => (log += text));
const exited = new Promise((resolve) => service.once('exit', resolve));
const address = await until(() => /"Server listening at (http:[^"]+)"/.exec(log)?.[1]);

const call = async ({ method, path, body }: Request) => {
  const headers = { 'content-type': 'application/json', 'x-request-id': 'upgrade' };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`${address}${path}`, init);
  return { status: response.status, answer: await response.text() };
};
await until(async () => (await call({ method: 'GET', path: '/readyz' })).status === 200 || undefined);
for (const body of registrations) {
  const { status, answer } = await call({ method: 'POST', path: '/models', body });
  if (status !== 201) throw new Error(`${body.name}: ${status} ${answer}`);
}
const cases: object[] = [];
for (const request of requests) {
  const { status, answer } = await call(request);
  if (status >= 500) throw new Error(`${request.path}: ${status} ${answer}`);
  cases.push({ ...request, status, answer });
}
service.kill('SIGTERM');
await exited;

mkdirSync(folder, { recursive: true });
const database = gzipSync(readFileSync(join(data, 'surety.sqlite')), { level: 9 });
writeFileSync(join(folder, 'surety.sqlite.gz'), database);
writeFileSync(join(folder, 'answers.json.gz'), gzipSync(JSON.stringify(cases, null, 1), { level: 9 }));
rmSync(data, { recursive: true });
process.stdout.write(`${cases.length} answers, ${database.length} bytes of database in ${folder}\n`);

async function until<Value>(look: () => Value | undefined | Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 200; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`the service did not start:\n${log}`);
}
