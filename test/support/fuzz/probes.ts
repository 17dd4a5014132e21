import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../process/process.ts';

export interface Probed {
  readonly count: number;
  readonly slowestMs: number;
  /** What was answered with another status than 200. */
  readonly failures: readonly string[];
}

/** Asks the probes again and again, as whoever runs the service would, until it is stopped. */
export function startProbing(url: string): () => Promise<Probed> {
  const failures: string[] = [];
  let [count, slowestMs, stopped] = [0, 0, false];
  const probing = (async () => {
    for (; !stopped; await sleep(50)) {
      for (const path of ['/livez', '/readyz']) {
        const begun = performance.now();
        const { status, text } = await call(url, 'GET', path);
        slowestMs = Math.max(slowestMs, performance.now() - begun);
        count++;
        if (status !== 200) failures.push(`${path} ${status} ${text}`);
      }
    }
  })();
  return async () => {
    stopped = true;
    await probing;
    return { count, slowestMs, failures };
  };
}
