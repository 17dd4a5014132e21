import { type ChildProcess, execFile, spawn } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export type LogLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The real service in a process of its own. */
export interface ServerProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<Exit>;
  /** Everything it has written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Its log so far; throws where a line is not JSON. */
  readonly log: () => LogLine[];
  /** Where it listens. Rejects when it exits before. */
  readonly listening: Promise<string>;
}

export interface RunningServer extends ServerProcess {
  readonly url: string;
}

/**
 * Starts `node src/server.ts` in a clean environment, by default on a free port, without access control and without a delay
 * when it is told to stop. It is killed with the test at the latest.
 */
export function spawnServer(env: Readonly<Record<string, string>>): ServerProcess {
  const child = spawn(process.execPath, ['src/server.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: '0',
      SURETY_DRAIN_DELAY_MS: '0',
      SURETY_AUTH: 'off',
      SURETY_MAX_EVENT_LOOP_DELAY_MS: '3600000', // other tests may take the processors for seconds
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8');
    child[name].on('data', (text: string) => {
      written[name] += text;
      const address = /"Server listening at (https?:[^"]+)"/.exec(written.stdout);
      if (address !== null) resolve(address[1]!);
    });
  }
  const exited = new Promise<Exit>((done) => {
    child.once('close', (code, signal) => {
      reject(new Error(`the server exited with ${code ?? signal}:\n${written.stdout}${written.stderr}`));
      done({ code, signal });
    });
  });
  promise.catch(() => {}); // a server that is not meant to listen is waited for by `exited`
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  return {
    child,
    exited,
    listening: promise,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    log: () => {
      const whole = written.stdout.slice(0, written.stdout.lastIndexOf('\n') + 1);
      return whole
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line));
    },
  };
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the project's commands, such as src/backup.ts, in a clean environment until it ends. */
export function runCommand(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], options, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** The environment in which a process first runs preload-`what`.ts of this folder. */
export function preloading(what: 'clock' | 'errors'): Record<string, string> {
  return { NODE_OPTIONS: `--import ${new URL(`./preload-${what}.ts`, import.meta.url)}` };
}

/** Starts the service on a data folder and waits until it is ready. */
export async function startServer(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const server = spawnServer({ SURETY_DATA_DIR: dataDir, ...env });
  const url = await server.listening;
  await until(async () => (await call(url, 'GET', '/readyz')).status === 200, 'ready');
  return { ...server, url };
}

/** Waits for a condition that must come true soon. */
export async function until(condition: () => boolean | Promise<boolean>, what: string, ms = 20_000) {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(5)) {
    if (await condition()) return;
  }
  throw new Error(`not ${what} after ${ms} ms`);
}

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

export interface CallOptions {
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Default: a connection of its own. */
  readonly agent?: http.Agent;
}

export async function call(
  url: string,
  method: string,
  path: string,
  { headers = {}, body, agent }: CallOptions = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  const { request: open } = url.startsWith('https:') ? https : http;
  const request = open(new URL(path, url), {
    method,
    rejectUnauthorized: false, // certificates of tests are self-signed
    headers: { ...length, ...headers },
    agent: agent ?? false,
  });
  request.on('error', reject);
  request.on('response', async (response) => {
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, text });
    } catch (error) {
      reject(error);
    }
  });
  request.end(body);
  return promise;
}

export function postJson(
  url: string,
  path: string,
  body: unknown,
  options: Omit<CallOptions, 'body'> = {},
): Promise<Answer> {
  const headers = { 'content-type': 'application/json', ...options.headers };
  return call(url, 'POST', path, { ...options, headers, body: JSON.stringify(body) });
}

/** A registration as a multipart form, as `curl -F model=... -F data=@rows.csv` would send it. */
export function uploadForm(
  model: object,
  data: string,
  filename = 'rows.csv',
): { headers: Record<string, string>; body: Buffer } {
  const boundary = 'surety-test-boundary';
  const body = [
    `--${boundary}`,
    'Content-Disposition: form-data; name="model"',
    '',
    JSON.stringify(model),
    `--${boundary}`,
    `Content-Disposition: form-data; name="data"; filename="${filename}"`,
    'Content-Type: application/octet-stream',
    '',
    data,
    `--${boundary}--`,
    '',
  ].join('\r\n');
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.from(body),
  };
}

/** Records as a CSV file; null is an empty cell. */
export function toCsv(records: readonly object[]): string {
  const header = Object.keys(records[0]!).join(',');
  return [header, ...records.map((record) => Object.values(record).join(','))].join('\n');
}
