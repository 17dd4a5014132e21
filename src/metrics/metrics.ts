import { Counter, Registry } from 'prom-client';
import { ERRORS } from '../errors.ts';
import type { ModelRegistry } from '../registry/registry.ts';
import type { KeyStore } from '../store/key-store.ts';
import type { ModelStore } from '../store/model-store.ts';
import type { Batch, WorkersObserver } from '../workers/batch.ts';
import { CertifyMetrics } from './certify-metrics.ts';
import { addGauges, type Watched } from './gauges.ts';
import { Histogram, powersOfTwo, SECONDS } from './histogram.ts';
import { processMetrics } from './process-metrics.ts';

type StoreOperation = keyof ModelStore | `keys.${keyof KeyStore}`;

const STORE_OPERATIONS = Object.keys({
  list: 0,
  insert: 0,
  read: 0,
  readPart: 0,
  delete: 0,
  'keys.list': 0,
  'keys.state': 0,
  'keys.insert': 0,
  'keys.revoke': 0,
} satisfies Record<StoreOperation, 0>); // so that none is forgotten

/** A request that is done, or whose client has gone. */
export interface DoneRequest {
  readonly method: string;
  /** The pattern of its route; null where there is none. */
  readonly route: string | null;
  readonly status: number | 'aborted';
  readonly durationMs: number;
  /** Of the problem that was answered. */
  readonly code?: string | undefined;
}

/** What one application counts, for Prometheus. docs/observability.md has a table of the metrics. */
export class Metrics implements WorkersObserver {
  readonly #registry = new Registry();
  readonly #process = processMetrics();
  readonly #served = new Set<string>();
  readonly certify = new CertifyMetrics(this.#registry, (version) => this.#served.has(version));
  #models: ModelRegistry | undefined;

  readonly #requests = new Histogram(this.#registry, {
    name: 'surety_http_request_duration_seconds',
    help: 'Requests from the end of their headers to the last byte of the answer. Those that no route takes have route "none".',
    labelNames: ['method', 'route', 'status'],
    buckets: SECONDS,
  });
  readonly #problems = this.#counter('surety_problems_total', 'Answers that told of a problem.', 'code');
  readonly #batches = new Histogram(this.#registry, {
    name: 'surety_batch_duration_seconds',
    help: 'Work of one thread on a batch of instances, without waiting.',
    labelNames: ['role'],
    buckets: SECONDS,
  });
  readonly #batchSizes = new Histogram(this.#registry, {
    name: 'surety_batch_instances',
    help: 'Instances that a thread certifies together.',
    labelNames: ['role'],
    buckets: powersOfTwo(8),
  });
  readonly #deaths = this.#counter(
    'surety_worker_deaths_total',
    'Worker threads that ended over their work, or could not be started.',
  );
  readonly #storeErrors = this.#counter(
    'surety_store_errors_total',
    'Operations of the store that failed.',
    'operation',
  );

  /** All counts are there from the start, at 0: `increase` of Prometheus does not see a series come into being at 1. */
  constructor() {
    for (const code of Object.keys(ERRORS)) this.#problems.inc({ code }, 0);
    for (const operation of STORE_OPERATIONS) this.#storeErrors.inc({ operation }, 0);
  }

  /** Adds what is read from these when it is asked for. Call once. */
  watch(watched: Watched): void {
    this.#models = watched.models;
    addGauges(this.#registry, watched);
  }

  /** Everything in the text format of Prometheus. */
  async text(): Promise<string> {
    this.#served.clear();
    for (const { name, version } of this.#models?.list() ?? []) this.#served.add(`${name}\n${version}`);
    return Registry.merge([this.#registry, this.#process]).metrics();
  }

  readonly requestDone = ({ method, route, status, durationMs, code }: DoneRequest): void => {
    this.#requests.series(`${method}\n${route ?? 'none'}\n${status}`).observe(durationMs / 1000);
    if (code !== undefined) this.problemAnswered(code);
  };

  readonly problemAnswered = (code: string): void => {
    this.#problems.inc({ code });
  };

  batchDone({ role, instances, timing }: Batch): void {
    this.#batches.series(role).observe((timing.ended - timing.began) / 1000);
    if (role !== 'helper' && instances > 0) this.#batchSizes.series(role).observe(instances);
  }

  workerDied(): void {
    this.#deaths.inc();
  }

  readonly storeFailed = (operation: string): void => {
    this.#storeErrors.inc({ operation });
  };

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }
}
