import { Agent, request } from 'node:http';

export interface StreamOptions {
  readonly url: string;
  /** Bodies of POST /certify, which are sent in turns; each must get the same answer every time. */
  readonly bodies: readonly string[];
  /** So many requests are under way at a time, each on a connection that is kept. */
  readonly connections: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** What became of a stream of requests. */
export interface StreamReport {
  readonly answered: number;
  /** Requests without a 200 at the first try, by status, or by the error of the connection. */
  readonly failed: ReadonlyMap<string, number>;
  /** Of these, the ones that got no 200 when they were sent once more either. */
  readonly uncured: number;
  /** Answers with other bytes than the first answer to the same body. */
  readonly different: number;
  /** The longest time in which no answer came, in milliseconds. */
  readonly longestGap: number;
  /** The longest that a request waited for its 200, in milliseconds, the second try included. */
  readonly slowest: number;
  /** Answers of each replica in each second since the start; the balancer names it in X-Replica. */
  readonly bySecond: readonly ReadonlyMap<string, number>[];
}

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
  readonly status: string;
  readonly replica: string;
}

/** Sends requests until the signal, and waits for the last answers. Never throws: what fails is counted. */
export async function certifyStream(options: StreamOptions): Promise<StreamReport> {
  const { bodies, connections, signal } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const first = new Map<string, string>();
  const failed = new Map<string, number>();
  const bySecond: Map<string, number>[] = [];
  const began = performance.now();
  let [answered, uncured, different, longestGap, slowest, sent] = [0, 0, 0, 0, 0, 0];
  let last = began;

  async function one(body: string): Promise<void> {
    const asked = performance.now();
    let outcome = await post(options, agent, body);
    if (!outcome.ok) {
      increment(failed, outcome.status);
      outcome = await post(options, agent, body);
    }
    const now = performance.now();
    if (!outcome.ok) {
      uncured++;
      return;
    }
    answered++;
    slowest = Math.max(slowest, now - asked);
    longestGap = Math.max(longestGap, now - last);
    last = now;
    if (!first.has(body)) first.set(body, outcome.text);
    if (first.get(body) !== outcome.text) different++;
    const second = Math.floor((now - began) / 1000);
    while (bySecond.length <= second) bySecond.push(new Map());
    increment(bySecond[second]!, outcome.replica);
  }

  const connection = async () => {
    while (!signal.aborted) await one(bodies[sent++ % bodies.length]!);
  };
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  longestGap = Math.max(longestGap, performance.now() - last);
  return { answered, failed, uncured, different, longestGap, slowest, bySecond };
}

function post({ url, headers }: StreamOptions, agent: Agent, body: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const fail = (error: NodeJS.ErrnoException) =>
    resolve({ ok: false, text: '', status: error.code ?? error.message, replica: '' });
  const sent = request(new URL('/certify', url), {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
  });
  sent.on('error', fail);
  sent.on('response', async (response) => {
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const replica = String(response.headers['x-replica'] ?? 'unnamed');
      resolve({ ok: response.statusCode === 200, text, status: String(response.statusCode), replica });
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
    }
  });
  sent.end(body);
  return promise;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
