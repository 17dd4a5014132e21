import { beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.ts';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import {
  alone,
  ask,
  inShards,
  makeModel,
  type Points,
  startWorkers,
  watchWorkers,
} from '../support/models/points.ts';
import { bitsIn } from '../support/models/registry.ts';

const odd = (rows: number) => Uint8Array.from({ length: rows }, (_, row) => row % 2);

/** Every method with everything that can be asked of it. */
function optionsFor({ labels, ensemble, settings }: Model): CertifyOptions[] {
  const attackable = { attackable: odd(labels.length), transitions: null };
  const oneWay = { attackable: null, transitions: Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 0, 0) };
  const monteCarlo = { samples: 60, confidence: 0.99, seed: 5 };
  const linear: CertifyOptions[] = [
    { method: 'exact', explain: { radius: true, reasons: 4 } },
    { method: 'exact', explain: { invariantTo: ['0', '2'] } },
  ];
  return [
    { method: 'exact' },
    { method: 'exact', threat: attackable, requiredFlips: 3 },
    { method: 'exact', threat: oneWay, explain: { breakingSet: true, influentialRows: 3 } },
    ...(settings.weights === 'raw' ? linear : []),
    { method: 'smoothed' },
    { method: 'smoothed', q: 0.1, threat: attackable },
    { method: 'monte-carlo', monteCarlo },
    { method: 'monte-carlo', q: 0.05, threat: oneWay, monteCarlo: { ...monteCarlo, seed: 6 } },
    ...(ensemble === null ? [] : [{ method: 'partition', threat: attackable } as const]),
  ];
}

const MISFITS = [[1, 2], 'no vector', new Array(100).fill('x')];

const MODELS: (Points & { title: string; shardBytes?: number })[] = [
  {
    title: 'raw, with partitions',
    rows: 3100,
    columns: 100,
    classes: 3,
    settings: { partitions: { count: 5, threat: 'labels' } },
  },
  { title: 'by signs', rows: 3100, columns: 100, classes: 3, settings: { weights: 'sign' } },
  {
    title: 'clipped, intercept',
    rows: 3100,
    columns: 100,
    classes: 3,
    settings: { weights: { clip: 0.01 }, intercept: true },
  },
  { title: 'worth splitting', rows: 20_011, columns: 100, classes: 3 },
  {
    title: 'worth splitting, in seven shards',
    rows: 20_011,
    columns: 100,
    classes: 3,
    shardBytes: 400 * 1024 * 3,
  },
];

describe.each(MODELS)('a model, $title', (points) => {
  let model: Model;
  let instances: unknown[];
  /** What each instance gets alone, for each of the options. */
  let expected: string[][];
  let all: CertifyOptions[];

  beforeAll(async () => {
    const made = await makeModel(points);
    model = points.shardBytes === undefined ? made.model : inShards(made.model, points.shardBytes);
    if (points.shardBytes !== undefined) expect(model.ridge.features.shards).toHaveLength(7);
    instances = made.instances(9);
    instances.splice(2, 0, ...MISFITS);
    all = optionsFor(model);
    expected = all.map((options) => alone(made.model, instances, options).map(bitsIn));
    for (const own of expected) expect(own.filter((one) => one.includes('"error"'))).toHaveLength(3);
  });

  it.each([1, 3])('answers the same from %i workers, in batches of one request', async (workers) => {
    const threads = startWorkers(workers);
    for (const [k, options] of all.entries()) {
      const results = await ask(threads, model, instances, options);
      expect(results.map(bitsIn), JSON.stringify(options.method)).toEqual(expected[k]);
    }
    expect(threads.waiting).toBe(0);
  });

  it.each([1, 3])('answers the same from %i workers, in passes that requests share', async (workers) => {
    const threads = startWorkers(workers);
    const asked = all.flatMap((options, k) => [
      ...instances.map(async (instance, at) => {
        expect((await ask(threads, model, [instance], options)).map(bitsIn)).toEqual([expected[k]![at]]);
      }),
      ask(threads, model, instances, options).then((results) => {
        expect(results.map(bitsIn)).toEqual(expected[k]);
      }),
    ]);
    await Promise.all(asked);
    expect(threads.waiting).toBe(0);
  });

  it.each([1, 3])('answers the same from %i idle workers, one by one', async (workers) => {
    const started = watchWorkers();
    const threads = startWorkers(workers);
    for (const [k, options] of all.entries()) {
      for (const at of [0, 2, 3, 4, 8]) {
        const results = await ask(threads, model, [instances[at]], options);
        expect(results.map(bitsIn)).toEqual([expected[k]![at]]);
      }
    }
    // A single instance is split among all of them, or is one worker's.
    expect(started).toHaveLength(points.rows > 20_000 ? workers : 1);
  });
});
