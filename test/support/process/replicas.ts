import { onTestFinished } from 'vitest';
import { call, type RunningServer, startServer, until } from './process.ts';
import { temporaryFolder } from './service.ts';

/** Two services in processes of their own, ready, on one Postgres database. */
export async function startReplicas(
  url: string,
  env: Readonly<Record<string, string>> = {},
): Promise<[RunningServer, RunningServer]> {
  const start = () => startServer(temporaryFolder(), { SURETY_DATABASE_URL: url, ...env });
  return Promise.all([start(), start()]);
}

/** What a GET answers, in the form `200 body`. */
export async function seen(server: { readonly url: string }, path: string): Promise<string> {
  const { status, text } = await call(server.url, 'GET', path);
  return `${status} ${text}`;
}

/** How many milliseconds it takes until a GET has this status. */
export async function timeUntilStatus(
  server: { readonly url: string },
  path: string,
  status: number,
): Promise<number> {
  const begun = performance.now();
  await until(async () => (await call(server.url, 'GET', path)).status === status, `${status} at ${path}`);
  return performance.now() - begun;
}

/** Calls again and again until stopped, some at a time, and gives every answer's status; a call that fails is its message. */
export function keepCalling(ask: () => Promise<{ readonly status: number }>, atATime: number) {
  const answers: (number | string)[] = [];
  let stopped = false;
  const loops = Array.from({ length: atATime }, async () => {
    while (!stopped) {
      const answer = await ask().then(
        ({ status }) => status,
        (error: Error) => error.message,
      );
      answers.push(answer);
      if (typeof answer === 'string') await new Promise(setImmediate);
    }
  });
  const stop = async () => {
    stopped = true;
    await Promise.all(loops);
    return answers;
  };
  onTestFinished(async () => void (await stop()));
  return { answers, stop };
}
