import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hasData, mnist17, NO_DATA } from '../../bench/data.ts';
import { exactCertificate } from '../../src/certify/exact.ts';
import { predict } from '../../src/certify/predict.ts';
import { ANY_LABEL } from '../../src/certify/threat.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import { wholeRows } from '../../src/kernel/memory/feature-rows.ts';
import { choleskyFactor } from '../../src/ridge/cholesky.ts';
import { columnMeans } from '../../src/ridge/column-means.ts';
import { contributionsTo } from '../../src/ridge/ridge.ts';
import { gramOf, queryOf } from '../support/brute-force/reference.ts';

// Provenance: test/golden/mnist17.py (numpy, double precision). The whole table: npm run bench:mnist17.
const golden: {
  step: number;
  labels: number[];
  cases: { relative: number; predictions: number[]; flips: number[] }[];
} = JSON.parse(readFileSync(new URL('../golden/mnist17.json', import.meta.url), 'utf8'));

const ARGMAX = { kind: 'argmax' } as const;

describe.skipIf(!hasData)(`MNIST 1 against 7${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('gives every 21st test digit the certificate that numpy gives it, at each lambda', {
    timeout: 120_000,
  }, () => {
    const { width, training, trainingLabels, test, testLabels } = mnist17();
    const rows = trainingLabels.length;
    expect([rows, testLabels.length]).toEqual([13_007, 2_163]);
    const sample = [...testLabels.keys()].filter((row) => row % golden.step === 0);
    expect(sample.map((row) => testLabels[row])).toEqual(golden.labels);
    const features = wholeRows(training, width);
    const means = columnMeans(features);
    const { values, trace } = gramOf(features, means);
    const alpha = new Float64Array(rows);
    const buckets = new GainBuckets(rows);
    for (const { relative, predictions, flips } of golden.cases) {
      const factor = choleskyFactor(values, width, (relative * trace) / width)!;
      const ridge = { features, means, factor, intercept: false, rows };
      const certified = sample.map((row) => {
        const digit = test.subarray(row * width, (row + 1) * width);
        contributionsTo(digit, ridge, new Float64Array(width), alpha);
        const query = queryOf(alpha, trainingLabels, 2);
        const predicted = predict(alpha, trainingLabels, query.scores, ARGMAX);
        return [predicted, exactCertificate(query, predicted, ARGMAX, ANY_LABEL, buckets).flips];
      });
      expect({ relative, certified }).toEqual({
        relative,
        certified: flips.map((one, i) => [predictions[i], one]),
      });
    }
  });
});
