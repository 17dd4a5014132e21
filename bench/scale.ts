// A stream of POST /certify through the balancer, while something is done to a replica: what failed, what one more try did not
// cure, how long no answer came, and who answered in each second. Fails unless one more try cures every failure and every answer
// to the same request has the same bytes. More than SURETY_RATE_LIMIT requests a minute to one replica are 429.
// Usage: node bench/scale.ts [--url http://127.0.0.1:8080] [--key KEY] [--seconds 20] [--connections 8]
// [--during COMMAND, run by the shell after a quarter of the time]
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { syntheticLoans } from '../examples/loans.ts';
import { certifyStream } from './scale/certify-stream.ts';
import { printReport } from './scale/print-report.ts';
import { print } from './table.ts';

const MODEL = 'scale-trial';
const TRAINING_ROWS = 800;
const APPLICATIONS = 20;
/** In which each replica knows a key that was made, or a version that another has registered: docs/operations.md. */
const KNOWN_MS = 2000;

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: 'http://127.0.0.1:8080' },
    key: { type: 'string' },
    seconds: { type: 'string', default: '20' },
    connections: { type: 'string', default: '8' },
    during: { type: 'string' },
  },
});
const [seconds, connections] = [positive('seconds'), positive('connections')];
const headers = values.key === undefined ? {} : { authorization: `Bearer ${values.key}` };

const loans = syntheticLoans(TRAINING_ROWS + APPLICATIONS, 1);
const training = { name: MODEL, target: 'outcome', records: loans.slice(0, TRAINING_ROWS) };
await sleep(KNOWN_MS);
const { version } = JSON.parse(await send('POST', '/models', training));
await sleep(KNOWN_MS);
const bodies = loans
  .slice(TRAINING_ROWS)
  .map(({ outcome: _, ...application }) =>
    JSON.stringify({ model: MODEL, version, instances: [application] }),
  );
const command = values.during === undefined ? undefined : runAfter(seconds / 4, values.during);
const signal = AbortSignal.timeout(1000 * seconds);
const report = await certifyStream({ url: values.url, bodies, connections, headers, signal });
await send('DELETE', `/models/${MODEL}`);

print(`${report.answered} answers over ${connections} connections in ${seconds} s`);
if (command !== undefined) print(`after ${seconds / 4} s, with exit code ${await command}: ${values.during}`);
printReport(report);
process.exitCode = report.answered > 0 && report.uncured === 0 && report.different === 0 ? 0 : 1;

/** The command's exit code. */
async function runAfter(delay: number, shellCommand: string): Promise<number | null> {
  await sleep(1000 * delay);
  const child = spawn(shellCommand, { shell: true, stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', resolve));
}

async function send(method: string, path: string, body?: object): Promise<string> {
  const response = await fetch(new URL(path, values.url), {
    method,
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text;
}

function positive(name: 'seconds' | 'connections'): number {
  const value = Number(values[name]);
  if (!(value > 0)) throw new RangeError(`--${name}: expected a positive number`);
  return value;
}
