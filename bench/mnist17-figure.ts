// Draws docs/mnist17.svg: certified accuracy on MNIST digits 1 against 7. Usage: npm run bench:mnist17-figure
import { writeFileSync } from 'node:fs';
import { certifiedAccuracyFigure } from '../src/figure/certified-accuracy-figure.ts';
import { contentOf } from '../src/models/content.ts';
import { evaluate } from '../src/models/evaluate.ts';
import { evaluationsOf } from '../src/models/evaluations.ts';
import { fitModel } from '../src/models/fit-model.ts';
import { makeModel } from '../src/models/model.ts';
import { readTestSet } from '../src/models/test-set.ts';
import { hasData, NO_DATA } from './data.ts';
import { mnist17Dataset } from './mnist17-dataset.ts';

const SETTINGS = {
  centre: true,
  intercept: false,
  lambda: { relative: 10_000 },
  rule: { kind: 'argmax' },
  noise: { q: 0.2 },
  weights: 'raw',
  partitions: null,
  features: { standardise: false, unitNorm: false, randomFourier: null },
} as const;
const COMPARE = [
  { lambda: { relative: 1 } },
  { lambda: { relative: 10 } },
  { lambda: { relative: 100 } },
  { lambda: { relative: 10_000 } },
  { lambda: { relative: 10_000 }, weights: 'sign' },
  { method: 'smoothed', noise: { q: 0.2 }, lambda: { relative: 10_000 } },
] as const;

if (!hasData) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(1);
}
const { dataset, instances, labels } = mnist17Dataset();
const { digest, manifest } = contentOf(dataset, SETTINGS);
const limits = { rows: 1_000_000, features: 4096, cells: 250_000_000 };
const derived = await fitModel(dataset, SETTINGS, limits);
const stored = { name: 'mnist-1-7', version: 1, digest, createdAt: new Date().toISOString() };
const model = makeModel(stored, manifest, dataset.labels.codes, derived);
const never = new AbortController().signal;
const test = await readTestSet(model, instances, labels, never);
const report = await evaluate(model, test, evaluationsOf(model, { method: 'exact' }, COMPARE), {}, never);
for (const { name, cleanAccuracy, medianFlips, at } of report.evaluations) {
  const shares = at.map(({ percent, certifiedAccuracy }) => `${percent} %: ${certifiedAccuracy.toFixed(3)}`);
  const line = [`clean ${cleanAccuracy.toFixed(3)}`, ...shares, `median ${medianFlips}`].join(', ');
  process.stdout.write(`${name}: ${line}\n`);
}
const figure = certifiedAccuracyFigure({ ...report, trainingRows: model.labels.length });
writeFileSync(new URL('../docs/mnist17.svg', import.meta.url), `${figure}\n`);
