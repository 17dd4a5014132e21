import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { SuretyError } from '../../src/errors.ts';
import { evaluate } from '../../src/evaluate/evaluate.ts';
import { requestedEvaluations } from '../../src/evaluate/requested-evaluations.ts';
import { readTestSet } from '../../src/evaluate/test-set.ts';
import { dealRows } from '../../src/fit/deal-rows.ts';
import { fitModel } from '../../src/fit/fit-model.ts';
import { derivedParts } from '../../src/model/model-parts.ts';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import { Workers } from '../../src/workers/workers.ts';
import { makeModel } from '../support/models/points.ts';
import { bitsIn } from '../support/models/registry.ts';
import { completeFrom, LIMITS } from '../support/models/settings.ts';
import { whole } from '../support/models/steps.ts';
import { VARIANTS } from '../support/models/variants.ts';

const never = new AbortController().signal;

/**
 * What comes of some work when the worker that is posted its `fatal`-th task ends before it has answered, and how many tasks
 * there were. All work is the workers'.
 */
async function withDeath(fatal: number, work: (workers: Workers) => Promise<unknown>) {
  const workers = new Workers(2, 50_000, { inlineWork: 0 });
  let tasks = 0;
  const post = Worker.prototype.postMessage;
  const spy = vi.spyOn(Worker.prototype, 'postMessage').mockImplementation(function (this: Worker, message) {
    if (!('task' in message)) return post.call(this, message);
    const dies = tasks++ === fatal;
    post.call(this, dies ? { close: 0 } : message); // which is not answered
    if (dies) void this.terminate();
  });
  try {
    const outcome = await work(workers).then(bitsIn, (error: unknown) => {
      if (error instanceof SuretyError) return error.code;
      throw error;
    });
    return { outcome, tasks };
  } finally {
    spy.mockRestore();
    await workers.close();
  }
}

/** Fails unless the work gives its answer or an error, whichever of its tasks a worker dies over. */
async function expectAnswerOrError(work: (workers: Workers) => Promise<unknown>): Promise<number> {
  const { outcome: answer, tasks } = await withDeath(Number.POSITIVE_INFINITY, work);
  for (let fatal = 0; fatal < tasks; fatal++) {
    const { outcome } = await withDeath(fatal, work);
    expect(outcome === answer ? 'worker_failed' : outcome, `task ${fatal} of ${tasks}`).toBe('worker_failed');
  }
  return tasks;
}

/** What a registration stores of a model besides its content, by checksums. */
async function fitted(variant: (typeof VARIANTS)[number], workers: Workers) {
  const dataset = await variant.dataset();
  const { labels, ...unlabelled } = dataset;
  const settings = completeFrom(variant.settings, labels.classes, dataset.data.kind);
  const partitions = settings.partitions && (await dealRows(dataset, settings.partitions));
  const derived = await fitModel(unlabelled, settings, partitions, LIMITS, workers);
  return [...whole(derivedParts(derived))].map(([name, { sha256 }]) => [name, sha256]);
}

describe('a registration whose workers die', () => {
  const asked = ['loans, as they are', 'loans, with partitions', 'rows, after random Fourier features'];
  const variants = VARIANTS.filter(({ title }) => asked.some((part) => title.includes(part)));

  it.each(variants)('stores the model or none: $title', async (variant) => {
    const tasks = await expectAnswerOrError((workers) => fitted(variant, workers));
    expect(tasks).toBeGreaterThan(1);
  });
});

describe('a certification whose workers die', () => {
  const methods: CertifyOptions[] = [
    { method: 'exact', explain: { breakingSet: true, radius: true } },
    { method: 'smoothed' },
    { method: 'monte-carlo', monteCarlo: { samples: 200, confidence: 0.9, seed: 1 } },
    { method: 'partition' },
  ];

  it.each(methods)('is answered as ever or not at all: $method', async (options) => {
    const settings = { partitions: { count: 3, threat: 'labels' } } as const;
    const { model, instances } = await makeModel({ rows: 60, columns: 4, classes: 3, settings });
    const some = instances(9);
    await expectAnswerOrError((workers) => workers.certify(model, some, options, never));
  });

  it('is answered as ever or not at all: one instance that two workers share', async () => {
    const { model, instances } = await makeModel({ rows: 40_000, columns: 60, classes: 2 });
    const some = instances(1);
    const tasks = await expectAnswerOrError((workers) =>
      workers.certify(model, some, { method: 'exact' }, never),
    );
    expect(tasks).toBe(2);
  });
});

describe('an evaluation whose workers die', () => {
  it('is answered as ever or not at all', async () => {
    const { model, instances } = await makeModel({ rows: 50, columns: 3, classes: 2 });
    const labels = model.classes;
    const some = instances(4);
    const test = await readTestSet(
      model,
      some,
      some.map((_, k) => labels[k % 2]),
      never,
    );
    const compare = [{}, { method: 'smoothed', lambda: { relative: 3 } }] as const;
    const evaluations = requestedEvaluations(model, { method: 'exact' }, compare);
    const tasks = await expectAnswerOrError((workers) =>
      evaluate(model, test, evaluations, { workers }, never),
    );
    expect(tasks).toBeGreaterThan(6);
  });
});
