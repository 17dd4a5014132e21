import type { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { dealRows } from '../../../src/fit/deal-rows.ts';
import { fitModel } from '../../../src/fit/fit-model.ts';
import { datasetFromFeatures } from '../../../src/ingest/json.ts';
import { piecesOf } from '../../../src/kernel/memory/feature-rows.ts';
import { SharedRows } from '../../../src/kernel/memory/shared-rows.ts';
import { SeededRandom } from '../../../src/kernel/seeded-random.ts';
import { contentOf } from '../../../src/model/content.ts';
import type { Model } from '../../../src/model/model.ts';
import { assembleSource, derivedParts, memoriesOf } from '../../../src/model/model-parts.ts';
import { newSourceId } from '../../../src/model/model-source.ts';
import { openModel } from '../../../src/model/open-model.ts';
import type { Certified, Refused } from '../../../src/verdict/certified-prediction.ts';
import type { CertifyOptions } from '../../../src/verdict/certifier.ts';
import { certifyTogether, resultsOf } from '../../../src/verdict/certify-together.ts';
import { MAIN_THREAD } from '../../../src/workers/main-thread.ts';
import { Workers } from '../../../src/workers/workers.ts';
import { completeFrom, LIMITS, type PartialSettings } from './settings.ts';
import { whole } from './steps.ts';

/** Slots of the models of these tests: for up to three workers. */
export const MAX_WORKERS = 3;

/** Workers of a test's own, closed with it. */
export function startWorkers(count: number, mostWaiting = 50_000): Workers {
  const workers = new Workers(count, mostWaiting);
  onTestFinished(() => workers.close());
  return workers;
}

/** The workers that are started from now on until the test ends. */
export function watchWorkers(): Worker[] {
  const started: Worker[] = [];
  const add = (worker: Worker) => started.push(worker);
  (process as EventEmitter).on('worker', add);
  onTestFinished(() => {
    (process as EventEmitter).off('worker', add);
  });
  return started;
}

export interface Points {
  readonly rows: number;
  readonly columns: number;
  readonly classes: number;
  readonly seed?: number;
  readonly settings?: PartialSettings;
}

/** Overlapping clouds, one a class. */
export function pointsOf({ rows, columns, classes, seed = 1 }: Points) {
  const random = new SeededRandom(seed);
  const point = (label: number) =>
    Array.from({ length: columns }, (_, k) =>
      Math.fround(random.normal() + (k % classes === label ? 0.3 : 0)),
    );
  const features = Array.from({ length: rows }, (_, row) => point(row % classes));
  const labels = features.map((_, row) => `c${random.uniform() < 0.1 ? 0 : row % classes}`);
  return {
    features,
    labels,
    instances: (count: number) => Array.from({ length: count }, (_, k) => point(k % classes)),
  };
}

/** A model in memory alone, with slots for MAX_WORKERS, and instances to ask about. */
export async function makeModel(points: Points) {
  const { features, labels, instances } = pointsOf(points);
  const dataset = await datasetFromFeatures(features, labels, undefined, LIMITS);
  const { classes } = dataset.labels;
  const settings = completeFrom(points.settings ?? {}, classes, 'vectors');
  const content = whole(contentOf(dataset, settings));
  const { labels: _, ...unlabelled } = dataset;
  const dealt = settings.partitions && (await dealRows(dataset, settings.partitions));
  const workers = new Workers(MAX_WORKERS, 1);
  const derived = await fitModel(unlabelled, settings, dealt, LIMITS, workers);
  await workers.close();
  const stored = { name: 'm', version: 1, digest: content.digest, createdAt: new Date(0).toISOString() };
  const parts = new Map([...content.parts, ...whole(derivedParts(derived))]);
  const source = assembleSource(stored, memoriesOf(content.manifest, derived), parts);
  return { model: openModel(source, MAIN_THREAD), instances };
}

/** The same model, its features copied into shards of so many bytes, or a multiple of 1024 rows. */
export function inShards({ source, ridge }: Model, shardBytes: number): Model {
  const { rows, columns } = ridge.features;
  const copy = SharedRows.make(rows, columns, MAX_WORKERS + 1, shardBytes);
  for (const { first, features } of piecesOf(copy, 0, rows)) {
    for (const piece of piecesOf(ridge.features, first, first + features.length / columns)) {
      features.set(piece.features, (piece.first - first) * columns);
    }
  }
  return openModel({ ...source, id: newSourceId(), rows: copy.handle }, MAIN_THREAD);
}

/** What each instance gets alone, in the main thread. */
export function alone(
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
): (Certified | Refused)[] {
  return instances.map((instance) => {
    const [answer] = certifyTogether(model, [
      { instances: [instance], options, cancelled: new Int32Array(1) },
    ]);
    return resultsOf(answer!)[0]!;
  });
}

/** `Workers.certify` for those who never cancel. */
export function ask(
  workers: Workers,
  model: Model,
  instances: readonly unknown[],
  options: CertifyOptions,
  signal = new AbortController().signal,
): Promise<(Certified | Refused)[]> {
  return workers.certify(model, instances, options, signal);
}

/** Keeps one worker busy until it is told to stop. With fewer samples other instances may be in the same pass. */
export function occupy(workers: Workers, model: Model, instance: unknown, samples = 1e9) {
  const controller = new AbortController();
  const options = { method: 'monte-carlo', monteCarlo: { samples, confidence: 0.99, seed: 1 } } as const;
  const asked = workers.certify(model, [instance], options, controller.signal);
  const ended = asked.then(
    () => Promise.reject(new Error('it was not occupied')),
    (error: Error) => error,
  );
  return { ended, stop: () => controller.abort() };
}
