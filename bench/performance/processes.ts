import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';

/** A server in a process of its own, on 127.0.0.1. */
export interface Running {
  readonly url: string;
  readonly pid: number;
  /** Posts JSON and gives the answer's; throws where it is no success. */
  readonly post: (path: string, body: unknown) => Promise<unknown>;
  readonly stop: () => Promise<void>;
}

const ROOT = join(import.meta.dirname, '../..');

/** Starts the built service on a data folder and waits until it is ready. */
export async function startService(dataDir: string, env: Record<string, string> = {}): Promise<Running> {
  const given = {
    SURETY_DATA_DIR: dataDir,
    SURETY_AUTH: 'off',
    LOG_LEVEL: 'warn',
    SURETY_MAX_BODY_BYTES: String(2 ** 30),
    SURETY_RATE_LIMIT: '0',
    ...env,
  };
  return start(join(ROOT, 'dist/src/server.js'), '/readyz', given);
}

/** Starts a route that gives a constant answer through the schemas of POST /certify. */
export function startBare(answer: unknown): Promise<Running> {
  return start(join(import.meta.dirname, 'bare-route.ts'), '/livez', { BARE_ANSWER: JSON.stringify(answer) });
}

async function start(file: string, ready: string, given: Record<string, string>): Promise<Running> {
  const port = await freePort();
  const child = fork(file, { env: { ...process.env, PORT: String(port), ...given } });
  const url = `http://127.0.0.1:${port}`;
  await isReady(child, `${url}${ready}`);
  const post = async (path: string, body: unknown) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 500)}`);
    return JSON.parse(text);
  };
  const stop = async () => {
    child.kill();
    await once(child, 'exit');
  };
  return { url, pid: child.pid!, post, stop };
}

async function isReady(child: ChildProcess, url: string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Resident memory of a process, in bytes. */
export function residentMemory(pid: number): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
}
