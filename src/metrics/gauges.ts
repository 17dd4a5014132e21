import { Gauge, type Registry } from 'prom-client';
import { bytesOf } from '../model/model.ts';
import type { ModelRegistry } from '../registry/registry.ts';

/** What gauges are read from. */
export interface Watched {
  readonly models: ModelRegistry;
  /** Model versions that may be held. */
  readonly mostModels: number;
  /** Bytes that loaded models may take. */
  readonly mostBytes: number;
  /** Instances that wait for a worker. */
  readonly waiting: () => number;
  /** Whether the process should be sent requests. */
  readonly ready: () => boolean;
  /** Whether nothing is known that keeps the store from serving. */
  readonly storeAvailable: () => boolean;
}

/** Adds gauges of the service, which are read when they are asked for. */
export function addGauges(
  registry: Registry,
  { models, mostModels, mostBytes, waiting, ready, storeAvailable }: Watched,
): void {
  const registers = [registry];
  new Gauge({
    registers,
    name: 'surety_ready',
    help: 'Whether the process should be sent requests, as GET /readyz says: 1 or 0.',
    collect() {
      this.set(Number(ready()));
    },
  });
  new Gauge({
    registers,
    name: 'surety_store_available',
    help: 'Whether the store answers and takes changes, as far as is known: 1 or 0.',
    collect() {
      this.set(Number(storeAvailable()));
    },
  });
  new Gauge({
    registers,
    name: 'surety_models',
    help: 'Stored model versions: loaded, loading, or damaged.',
    labelNames: ['state'] as const,
    collect() {
      this.set({ state: 'loaded' }, models.list().length);
      this.set({ state: 'loading' }, (models.loading ?? 0) + models.unread);
      this.set({ state: 'damaged' }, models.damaged.length);
    },
  });
  new Gauge({
    registers,
    name: 'surety_most_models',
    help: 'Stored model versions that may be held (SURETY_MAX_MODELS); beyond it registrations are refused.',
    collect() {
      this.set(mostModels);
    },
  });
  new Gauge({
    registers,
    name: 'surety_models_memory_bytes',
    help: 'Features, factors, labels and ensembles of the loaded models, which all threads share.',
    collect() {
      this.set(models.list().reduce((sum, model) => sum + bytesOf(model), 0));
    },
  });
  new Gauge({
    registers,
    name: 'surety_most_models_memory_bytes',
    help: 'Bytes that loaded models may take (SURETY_MAX_MODEL_BYTES); beyond it registrations are refused.',
    collect() {
      this.set(mostBytes);
    },
  });
  new Gauge({
    registers,
    name: 'surety_queue_instances',
    help: 'Instances that wait for a worker.',
    collect() {
      this.set(waiting());
    },
  });
}
