// Minutes of everything at once against the built service: registrations, deletions, certificates of all methods,
// refused, cancelled and overloaded requests, and in the first half of the time worker threads that are ended. Fails unless
// every request is answered as it should, what is asked alone and in company gets the same answer, and resident memory stays
// flat in each half (with an ended worker goes what it leaked): after a third of its rounds, the median of the last third is
// at most a tenth above that of the middle third.
// Usage: npm run soak [-- minutes], by default 3.
import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceProcess } from './soak/service-process.ts';
import { SoakRound, type Tally } from './soak/soak-round.ts';
import { print } from './table.ts';

/** After a round, until what it let go has been given back. */
const REST_MS = 2500;
const MAX_GROWTH = 1.1;
const FEWEST_ROUNDS = 9;

const minutes = Number(process.argv[2] ?? 3);
if (!(minutes > 0)) throw new RangeError(`minutes: expected a positive number, got ${process.argv[2]}`);

const service = await ServiceProcess.start({
  LOG_LEVEL: 'info',
  SURETY_MAX_QUEUED: '4000',
  SURETY_WORKERS: '2',
});
const tally: Tally = { statuses: new Map(), problems: [] };
const { problems } = tally;
let rounds = 0;
for (const endsWorkers of [true, false]) {
  const resident: number[] = [];
  const end = performance.now() + 30_000 * minutes;
  while (service.running && (performance.now() < end || resident.length < FEWEST_ROUNDS)) {
    const began = performance.now();
    await new SoakRound(service, tally, ++rounds).run(endsWorkers);
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    await sleep(REST_MS);
    if (!service.running) break;
    resident.push(service.residentMegabytes());
    print(`round ${rounds}: ${seconds} s, ${resident.at(-1)!.toFixed(0)} MB`);
  }
  checkFlat(endsWorkers ? 'workers ended' : 'none ended', resident);
}
if (!service.running) problems.unshift(`the service has ended, ${service.lastWords}`);
if ((await service.stop()) !== 0) problems.push('the service did not stop as it should');

print(`requests by status (0: cancelled): ${JSON.stringify(Object.fromEntries(tally.statuses))}`);
for (const problem of problems.slice(0, 20)) print(problem);
print(problems.length === 0 ? 'flat, and every request answered' : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;

function checkFlat(what: string, resident: readonly number[]): void {
  const third = Math.floor(resident.length / 3);
  const middle = median(resident.slice(third, 2 * third));
  const last = median(resident.slice(2 * third));
  if (!(last <= MAX_GROWTH * middle)) problems.push(`memory grows, ${what}`);
  const all = resident.map((megabytes) => Math.round(megabytes)).join(' ');
  print(`${what}: middle third ${middle.toFixed(0)} MB, last third ${last.toFixed(0)} MB; all: ${all}`);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
