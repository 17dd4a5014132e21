import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasData, mnist17, NO_DATA } from '../../bench/data.ts';
import { imagesDataset, imagesTestSet } from '../../bench/service.ts';
import { evaluate } from '../../src/evaluate/evaluate.ts';
import { requestedEvaluations } from '../../src/evaluate/requested-evaluations.ts';
import { readTestSet } from '../../src/evaluate/test-set.ts';
import { openRegistry, register } from '../support/models/registry.ts';
import { WORKERS } from '../support/models/workers.ts';

// Provenance: test/golden/mnist17.py (numpy, double precision), every 21st test digit.
const golden: {
  step: number;
  labels: number[];
  cases: { relative: number; predictions: number[]; flips: number[] }[];
} = JSON.parse(readFileSync(new URL('../golden/mnist17.json', import.meta.url), 'utf8'));

describe.skipIf(!hasData)(`MNIST 1 against 7${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('has the certified accuracy that the certificates of numpy add up to, at each lambda', {
    timeout: 180_000,
  }, async () => {
    const images = mnist17();
    const classes = ['one', 'seven'];
    const model = await register(await openRegistry(), 'mnist', imagesDataset(images, classes));
    const { instances, labels } = imagesTestSet(images, classes, golden.step);
    const never = new AbortController().signal;
    const test = await readTestSet(model, instances, labels, never);
    const lambdas = golden.cases.map(({ relative }) => ({ lambda: { relative } }));
    const evaluations = requestedEvaluations(model, { method: 'exact' }, lambdas);
    const report = await evaluate(model, test, evaluations, { workers: WORKERS }, never);
    const rows = golden.labels.length;
    for (const [k, { predictions, flips }] of golden.cases.entries()) {
      const own = flips.map((one, row) => (predictions[row] === golden.labels[row] ? one : -1));
      const share = (least: number) => own.filter((one) => one >= least).length / rows;
      const { cleanAccuracy, medianFlips, ceilingMedianFlips, at } = report.evaluations[k]!;
      expect(cleanAccuracy).toBe(share(0));
      expect(medianFlips).toBe(own.toSorted((a, b) => a - b)[(rows - 1) / 2]);
      expect(ceilingMedianFlips).toBe(6503);
      expect(at.map(({ certifiedAccuracy }) => certifiedAccuracy)).toEqual(
        [1, 2, 4, 8, 16].map((percent) => share((percent / 100) * 13_007)),
      );
    }
    // Nothing is left of the undefended model where the others still stand.
    expect(report.undefended.curve[0]!.accuracy).toBeGreaterThan(0.95);
    expect(report.undefended.curve.at(-1)!.flips).toBeLessThan(0.02 * 13_007);
  });
});
