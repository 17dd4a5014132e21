import { Counter, type Registry } from 'prom-client';
import { ERRORS } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';
import { METHOD_NAMES, type Method } from '../verdict/methods.ts';
import { Histogram, powersOfTwo, SECONDS, type Series } from './histogram.ts';

/** Of one method. */
interface Counts {
  readonly seconds: Series;
  readonly certified: number;
  readonly abstained: number;
  readonly refused: number;
}

/** What POST /certify answers. */
export class CertifyMetrics {
  readonly #methods = new Map<Method, { -readonly [Key in keyof Counts]: Counts[Key] }>();
  readonly #seconds: Histogram<'method'>;
  readonly #flips: Histogram<'model' | 'version'>;
  readonly #refusals: Counter<'code'>;

  /** `isServed`: whether a model is still there, by its name and version, one a line; the flips of others are dropped. */
  constructor(registry: Registry, isServed: (version: string) => boolean) {
    const methods = this.#methods;
    const registers = [registry];
    this.#seconds = new Histogram(registry, {
      name: 'surety_certify_duration_seconds',
      help: 'From handing over the instances of a POST /certify until all have their results, or it failed; waiting counts.',
      labelNames: ['method'],
      buckets: SECONDS,
    });
    new Counter({
      registers,
      name: 'surety_instances_total',
      help: 'Instances of POST /certify: certified, abstained or refused.',
      labelNames: ['method', 'outcome'] as const,
      collect() {
        this.reset();
        for (const [method, { seconds: _, ...outcomes }] of methods) {
          for (const [outcome, count] of Object.entries(outcomes)) this.inc({ method, outcome }, count);
        }
      },
    });
    this.#refusals = new Counter({
      registers,
      name: 'surety_refusals_total',
      help: 'Instances of POST /certify that were refused.',
      labelNames: ['code'] as const,
    });
    this.#flips = new Histogram(registry, {
      name: 'surety_certified_flips',
      help: 'Flips of the certificates that POST /certify gave. Abstentions have none.',
      labelNames: ['model', 'version'],
      buckets: [0, ...powersOfTwo(20)], // a training set may have a million rows
      isKept: isServed,
    });
    // From the start at 0, as all counts are (src/metrics/metrics.ts).
    for (const method of METHOD_NAMES)
      methods.set(method, { seconds: this.#seconds.series(method), certified: 0, abstained: 0, refused: 0 });
    for (const [code, [status]] of Object.entries(ERRORS))
      if (status === 422) this.#refusals.inc({ code }, 0);
  }

  /** The instances of a request took so many milliseconds, whatever came of them. */
  took(method: Method, ms: number): void {
    this.#methods.get(method)!.seconds.observe(ms / 1000);
  }

  /** A request has its results. */
  answered({ name, version }: Model, method: Method, results: readonly (Certified | Refused)[]): void {
    const counts = this.#methods.get(method)!;
    const flips = this.#flips.series(`${name}\n${version}`);
    for (const result of results) {
      if ('error' in result) {
        counts.refused++;
        this.#refusals.inc({ code: result.error.code });
      } else if (result.certificate === null) counts.abstained++;
      else {
        counts.certified++;
        flips.observe(result.certificate.flips);
      }
    }
  }
}
