import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CrashStore } from '../stores/crash-stores.ts';
import type { RunningServer } from './process.ts';

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
  { written }: CrashStore,
  form: { headers: Record<string, string>; body: Buffer },
  moment: Moment,
): Promise<Killed> {
  const before = await written();
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
    if (moment.aim === 'store') {
      await turnsUntil(async () => status !== undefined || (await written()) !== before);
    }
    if (moment.aim === 'answered') await turnsUntil(() => status !== undefined);
    await pause(moment.ms);
  }
  server.child.kill('SIGKILL');
  await server.exited;
  await sleep(1); // an answer that had reached this machine's socket counts as seen
  if (status !== undefined) return { phase: 'answered', status };
  if (moment.aim === 'upload') return { phase: 'upload', status };
  return { phase: (await written()) === before ? 'work' : 'store', status };
}

/** Waits so many milliseconds, to a fraction of one. */
export function pause(ms: number): Promise<void> {
  const end = performance.now() + ms;
  return turnsUntil(() => performance.now() >= end);
}

/** Looks after each turn of the event loop: timers are too coarse to hit a commit. */
export async function turnsUntil(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the moment to kill did not come within a minute');
    await new Promise(setImmediate);
  }
}

async function write(request: http.ClientRequest, body: Buffer): Promise<void> {
  for (let from = 0; from < body.length; from += 16_384) {
    await new Promise((done) => request.write(body.subarray(from, from + 16_384), done));
  }
}
