import { setTimeout as sleep } from 'node:timers/promises';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import type { ServiceProcess } from './service-process.ts';

/** What does not answer within this time hangs. */
const HANGS_MS = 60_000;
const ROWS = 4000;
const WIDTH = 100;

/** Requests of a soak test so far. */
export interface Tally {
  /** By status; 0: cancelled by us. */
  readonly statuses: Map<number, number>;
  readonly problems: string[];
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The requests of one round, for a model with features of its own. */
export class SoakRound {
  readonly #service: ServiceProcess;
  readonly #tally: Tally;
  readonly #random: SeededRandom;

  constructor(service: ServiceProcess, tally: Tally, seed: number) {
    this.#service = service;
    this.#tally = tally;
    this.#random = new SeededRandom(seed);
  }

  /** Registers, certifies in every way, evaluates, ends workers meanwhile, and deletes what it registered. */
  async run(): Promise<void> {
    await this.#register('m', { partitions: { count: 5, threat: 'labels' } });
    await this.#register('n', {});
    await this.#register('m', { partitions: { count: 5, threat: 'labels' } }); // a second version
    await this.#sameAnswers();
    await Promise.all([this.#manyAtOnce(200, false), this.#evaluate(false)]);
    await Promise.all([this.#manyAtOnce(200, true), this.#evaluate(true), this.#endWorkers()]);
    await Promise.all([this.#overload(), this.#cancelAll()]);
    const deleted = this.#manyAtOnce(30, true, [404]);
    await Promise.all(['/models/m', '/models/n'].map((path) => this.#expect([204], 'DELETE', path)));
    await deleted;
  }

  #point(label: number): number[] {
    return Array.from({ length: WIDTH }, (_, k) =>
      Math.fround(this.#random.normal() + (k % 3 === label ? 0.3 : 0)),
    );
  }

  #points(count: number): number[][] {
    return Array.from({ length: count }, (_, k) => this.#point(k % 3));
  }

  #register(name: string, settings: object): Promise<unknown> {
    const features = this.#points(ROWS);
    const labels = features.map((_, row) => `c${this.#random.uniform() < 0.2 ? 0 : row % 3}`);
    return this.#expect([201], 'POST', '/models', { name, features, labels, settings });
  }

  /** A certify request of some kind, for some instances; one in ten has one that does not fit. */
  #body(): object {
    const seed = this.#random.below(1000);
    const ways = [
      { method: 'exact' },
      { method: 'exact', explain: { breakingSet: true, radius: true, reasons: 3, influentialRows: 3 } },
      { method: 'exact', explain: { invariantTo: ['1'] } },
      { method: 'exact', threat: { transitions: [['c0', 'c1']] }, require: { flips: 5 } },
      { method: 'smoothed', noise: { q: 0.05 * (1 + this.#random.below(5)) } },
      { method: 'monte-carlo', monteCarlo: { samples: 200, seed } },
      { model: 'm', method: 'partition' },
      { model: 'n', method: 'exact' },
    ];
    const instances: unknown[] = this.#points(
      1 + (this.#random.uniform() < 0.1 ? 100 : this.#random.below(4)),
    );
    if (this.#random.uniform() < 0.1) instances.push([1, 2]);
    return { model: 'm', ...ways[this.#random.below(ways.length)], instances };
  }

  /** What requests get alone, they get at once. */
  async #sameAnswers(): Promise<void> {
    const bodies = Array.from({ length: 16 }, () => this.#body());
    const alone: string[] = [];
    for (const body of bodies) alone.push((await this.#expect([200], 'POST', '/certify', body)).text);
    const together = await Promise.all(bodies.map((body) => this.#expect([200], 'POST', '/certify', body)));
    for (const [k, { text }] of together.entries()) {
      if (text !== alone[k])
        this.#tally.problems.push(`another answer in company: ${JSON.stringify(bodies[k])}`);
    }
  }

  /** Requests of all kinds, some of which are refused, and some cancelled. `mayFail`: workers end, or the queue is full. */
  async #manyAtOnce(count: number, mayFail: boolean, others: readonly number[] = []): Promise<void> {
    const also = [...(mayFail ? [503] : []), ...others];
    const asked = Array.from({ length: count }, (_, k) => {
      if (k % 20 === 7) return this.#expect([404], 'POST', '/certify', { ...this.#body(), model: 'none' });
      if (k % 20 === 9) {
        return this.#expect([422, ...also], 'POST', '/certify', { model: 'm', instances: [[1]] });
      }
      if (k % 20 === 11) return this.#expect([400], 'POST', '/certify', { model: 'm' });
      const after = k % 5 === 3 ? 1 + this.#random.below(100) : undefined;
      return this.#expect([200, ...also], 'POST', '/certify', this.#body(), after);
    });
    await Promise.all(asked);
  }

  #evaluate(mayFail: boolean): Promise<Answer> {
    const instances = this.#points(100);
    const labels = instances.map((_, row) => `c${row % 3}`);
    const compare = [
      { method: 'exact' },
      { lambda: { relative: 0.1 } },
      { weights: 'sign', method: 'smoothed' },
    ];
    const allowed = mayFail ? [200, 503] : [200];
    return this.#expect(allowed, 'POST', '/evaluate', { model: 'm', instances, labels, compare });
  }

  async #endWorkers(): Promise<void> {
    for (let ended = 0; ended < 6; ended++) {
      await sleep(50 + this.#random.below(100));
      this.#service.endWorker();
    }
  }

  /** More than may wait: some are refused. */
  async #overload(): Promise<void> {
    const body = { model: 'm', method: 'smoothed', instances: this.#points(400) };
    const asked = Array.from({ length: 24 }, () => this.#expect([200, 503], 'POST', '/certify', body));
    const answers = await Promise.all(asked);
    if (!answers.some(({ status }) => status === 503)) this.#tally.problems.push('nothing was overloaded');
  }

  /** Long requests that nobody waits for. */
  async #cancelAll(): Promise<void> {
    const long = { method: 'monte-carlo', monteCarlo: { samples: 1_000_000 }, instances: this.#points(2) };
    const asked = Array.from({ length: 4 }, () =>
      this.#expect([0, 503], 'POST', '/certify', { model: 'n', ...long }, 50 + this.#random.below(300)),
    );
    await Promise.all(asked);
  }

  /** Sends a request, and goes away after so many milliseconds if that is given. Notes what was not expected. */
  async #expect(
    allowed: readonly number[],
    method: string,
    path: string,
    body?: object,
    goesAfter?: number,
  ): Promise<Answer> {
    const answer = await this.#send(method, path, body, goesAfter);
    const { status, text } = answer;
    this.#tally.statuses.set(status, (this.#tally.statuses.get(status) ?? 0) + 1);
    const expected = status === 0 ? goesAfter !== undefined : allowed.includes(status);
    if (!expected) this.#tally.problems.push(`${method} ${path} ${status}: ${text.slice(0, 300)}`);
    return answer;
  }

  async #send(method: string, path: string, body?: object, goesAfter?: number): Promise<Answer> {
    const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const signal = AbortSignal.timeout(goesAfter ?? HANGS_MS);
    try {
      const response = await fetch(`${this.#service.url}${path}`, { method, ...content, signal });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }
}
