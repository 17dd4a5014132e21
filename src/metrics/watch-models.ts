import { Gauge, type Registry } from 'prom-client';
import type { Model } from '../models/model.ts';
import type { ModelRegistry } from '../models/registry.ts';

/** Gauges of the models and of the queue, read when they are asked for. `waiting`: instances that wait for a worker. */
export function watchModels(registry: Registry, models: ModelRegistry, waiting: () => number): void {
  const registers = [registry];
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
    name: 'surety_models_memory_bytes',
    help: 'Features, factors, labels and ensembles of the loaded models, which all threads share.',
    collect() {
      this.set(models.list().reduce((sum, model) => sum + bytesOf(model), 0));
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

function bytesOf({ ridge, labels, source }: Model): number {
  const arrays = [
    ...ridge.features.shards,
    ridge.shared.packed,
    ridge.means,
    labels,
    ...source.arrays.values(),
  ];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
