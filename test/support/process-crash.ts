import { cpSync, readdirSync, statSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import type { RunningServer } from './process.ts';
import { temporaryFolder } from './service.ts';

/** How far a registration had come when its process was killed, as seen from outside. */
export type Phase = 'upload' | 'work' | 'store' | 'answered';

/** When to kill, aimed at a phase. `fraction` of the upload is sent, or `ms` pass after the phase has begun. */
export type Moment =
  | { readonly aim: 'upload'; readonly fraction: number }
  | { readonly aim: 'work' | 'store' | 'answered'; readonly ms: number };

export interface Killed {
  readonly phase: Phase;
  /** The answer, where the client saw one before the process died. */
  readonly status: number | undefined;
}

/** Sends a registration and kills the server with SIGKILL at the moment, or when it has answered, whichever is later. */
export async function registerAndKill(
  server: RunningServer,
  dataDir: string,
  form: { headers: Record<string, string>; body: Buffer },
  moment: Moment,
): Promise<Killed> {
  const walBefore = walState(dataDir);
  let status: number | undefined;
  const headers = { ...form.headers, 'content-length': form.body.length };
  const request = http.request(new URL('/models', server.url), { method: 'POST', headers, agent: false });
  request.on('error', () => {}); // the connection dies with the process
  request.on('response', (response) => {
    status = response.statusCode;
    response.on('error', () => {}).resume();
  });
  const upTo = moment.aim === 'upload' ? Math.floor(moment.fraction * form.body.length) : form.body.length;
  await write(request, form.body.subarray(0, upTo));
  if (moment.aim !== 'upload') {
    request.end();
    if (moment.aim === 'store') await commitOr(dataDir, walBefore, () => status !== undefined);
    if (moment.aim === 'answered') await turnsUntil(() => status !== undefined);
    await pause(moment.ms);
  }
  server.child.kill('SIGKILL');
  await server.exited;
  await sleep(1); // an answer that had reached this machine's socket counts as seen
  if (status !== undefined) return { phase: 'answered', status };
  if (moment.aim === 'upload') return { phase: 'upload', status };
  return { phase: walState(dataDir) === walBefore ? 'work' : 'store', status };
}

/** Checks what a killed process left behind: only the database's own files, and in them a sound database. */
export function checkRemains(dataDir: string): void {
  for (const file of readdirSync(dataDir)) expect(file).toMatch(/^surety\.sqlite(-wal|-shm|-journal)?$/);
  const copy = join(temporaryFolder(), 'copy'); // opening the original would do the recovery that is under test
  cpSync(dataDir, copy, { recursive: true });
  const database = new Database(join(copy, 'surety.sqlite'));
  expect(database.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(database.pragma('foreign_key_check')).toEqual([]);
  database.close();
}

/** Size and time of the write-ahead log: a commit appends to the log, or writes it from its start again. */
export function walState(dataDir: string): string {
  const stat = statSync(join(dataDir, 'surety.sqlite-wal'), { bigint: true, throwIfNoEntry: false });
  return `${stat?.size}/${stat?.mtimeNs}`;
}

/** Waits until a commit has begun to write, or something else has happened. */
export function commitOr(dataDir: string, walBefore: string, happened: () => boolean): Promise<void> {
  return turnsUntil(() => happened() || walState(dataDir) !== walBefore);
}

/** Waits so many milliseconds, to a fraction of one. */
export function pause(ms: number): Promise<void> {
  const end = performance.now() + ms;
  return turnsUntil(() => performance.now() >= end);
}

/** Looks after each turn of the event loop: timers are too coarse to hit a commit. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('the moment to kill did not come within a minute');
    await new Promise(setImmediate);
  }
}

async function write(request: http.ClientRequest, body: Buffer): Promise<void> {
  for (let from = 0; from < body.length; from += 16_384) {
    await new Promise((done) => request.write(body.subarray(from, from + 16_384), done));
  }
}
