import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { germanCredit, mnist17 } from '../data.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { type Running, startBare, startService } from './processes.ts';
import { median } from './timing.ts';

const SECONDS = 4;
const ROUNDS = 5;
const CLIENTS = 16;

/** Requests a second over HTTP, by wrk: one client against many, and a small model against a bare route. */
export async function measureHttp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  const service = await startService(folder);
  try {
    const targets = [await clients(service, folder), ...(await bare(service, folder))];
    publish('http', targetTable(targets));
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true });
  }
}

async function clients(service: Running, folder: string): Promise<Target> {
  const { training, trainingLabels, test, width } = mnist17();
  const rowsOf = (values: Float32Array, count: number) =>
    Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
  await service.post('/models', {
    name: 'digits',
    features: rowsOf(training, trainingLabels.length),
    labels: Array.from(trainingLabels, (label) => (label === 0 ? '1' : '7')),
    settings: { lambda: { relative: 10_000 } },
  });
  const script = join(folder, 'digits.lua');
  const bodies = rowsOf(test, 32).map((instance) =>
    JSON.stringify({ model: 'digits', instances: [instance] }),
  );
  writeFileSync(script, luaScript(bodies));
  const rates = takeTurns({
    one: () => load(service.url, 1, script),
    many: () => load(service.url, CLIENTS, script),
  });
  return {
    what: `${CLIENTS} clients with one instance each, MNIST 1 against 7 (13,007 x 784), requests a second`,
    measured: `${digits(rates.many)}/s`,
    against: `one client, ${digits(rates.one)}/s`,
    ratio: rates.many / rates.one,
    bound: { atLeast: 3 },
  };
}

async function bare(service: Running, folder: string): Promise<Target[]> {
  const { training } = germanCredit();
  await service.post('/models', { name: 'german-credit', target: 'credit_risk', records: training });
  const { credit_risk, ...instance } = training[0]!;
  const body = { model: 'german-credit', instances: [instance] };
  const answer = await service.post('/certify', body);
  const constant = await startBare(answer);
  try {
    const script = join(folder, 'german.lua');
    writeFileSync(script, luaScript([JSON.stringify(body)]));
    const rates = takeTurns({
      own: () => load(service.url, CLIENTS, script),
      bare: () => load(constant.url, CLIENTS, script),
    });
    return [
      {
        what: `German credit (${training.length} rows), one instance a request, exact, ${CLIENTS} clients, requests a second`,
        measured: `${digits(rates.own)}/s`,
        against: `bare Fastify route with the same schemas and a constant answer, ${digits(rates.bare)}/s`,
        ratio: rates.own / rates.bare,
        bound: { atLeast: 0.7 },
      },
    ];
  } finally {
    await constant.stop();
  }
}

function takeTurns<Name extends string>(ways: Record<Name, () => number>): Record<Name, number> {
  const names = Object.keys(ways) as Name[];
  const rates = new Map(names.map((name) => [name, [] as number[]]));
  for (const name of names) ways[name](); // warm
  for (let round = 0; round < ROUNDS; round++) for (const name of names) rates.get(name)!.push(ways[name]());
  return Object.fromEntries(names.map((name) => [name, median(rates.get(name)!)])) as Record<Name, number>;
}

/** Requests a second of so many clients that send one request after the other. */
function load(url: string, connections: number, script: string): number {
  const given = ['-t1', `-c${connections}`, `-d${SECONDS}s`, '-s', script, `${url}/certify`];
  const report = execFileSync('wrk', given, { encoding: 'utf8' });
  const failed = /Non-2xx[^\n]*|Socket errors[^\n]*/.exec(report);
  if (failed) throw new Error(failed[0]);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(report)![1]);
}

/** Sends the bodies in turns. */
function luaScript(bodies: readonly string[]): string {
  return `local bodies = {${bodies.map((body) => `[==[${body}]==]`).join(',')}}
local next = 0
wrk.method = "POST"
wrk.headers["content-type"] = "application/json"
function request()
  next = next % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[next])
end
`;
}
