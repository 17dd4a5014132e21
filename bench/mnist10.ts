// Exact and partition certificates on all of MNIST: 60,000 training rows, 10 classes, 1,000 test digits; the table of
// docs/certificates.md section 10. Usage: npm run bench:mnist10

import { gramOf } from '../src/fit/fit-ridge.ts';
import { variedModel } from '../src/fit/vary-model.ts';
import { hasData, mnist, NO_DATA } from './data.ts';
import { certifyRows, flipsIn, summary } from './measure.ts';
import { imagesDataset, imagesTestSet, temporaryRegistry } from './service.ts';
import { PERCENTS, print, printHeader, printSummary } from './table.ts';

const DIGITS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const CLASSES = DIGITS.map(String);
const STEP = 10;

if (!hasData) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(1);
}
const images = mnist(DIGITS);
const dataset = imagesDataset(images, CLASSES);
const test = imagesTestSet(images, CLASSES, STEP);
const trainingRows = images.trainingLabels.length;
const registry = await temporaryRegistry();

print(
  `MNIST: ${trainingRows} training rows, every tenth test row (${test.labels.length}), Node ${process.version}`,
);
const started = performance.now();
const model = await registry.register('mnist', dataset, {});
print(`registered in ${((performance.now() - started) / 1000).toFixed(1)} s`);
const gram = await gramOf(model.ridge.features, model.ridge.means, registry.workers);

printHeader('exact, by relative lambda and weights');
for (const relative of [1, 100, 10_000]) {
  for (const weights of ['raw', 'sign'] as const) {
    const varied = await variedModel(model, gram, { lambda: { relative }, weights }, registry.workers);
    const { rows, seconds } = await certifyRows(registry.workers, varied, test, { method: 'exact' });
    registry.workers.forget(varied);
    report(`lambda ${relative}, ${weights}`, rows, 'flips', seconds);
  }
}

printHeader('partition, by count and relative lambda');
for (const [count, relative] of [
  [50, 1],
  [250, 1],
  [50, 100],
] as const) {
  for (const threat of ['labels', 'rows'] as const) {
    const settings = { lambda: { relative }, partitions: { count, threat } };
    const ensemble = await registry.register('ensemble', dataset, settings);
    const { rows, seconds } = await certifyRows(registry.workers, ensemble, test, { method: 'partition' });
    const counted = threat === 'labels' ? ['whiteBoxFlips', 'blackBoxFlips'] : ['insertionsOrDeletions'];
    for (const name of counted) report(`${count}, lambda ${relative}, ${name}`, rows, name, seconds);
  }
}
await registry.close();

function report(name: string, rows: Parameters<typeof flipsIn>[0], counted: string, seconds: number): void {
  const each = `${((1000 * seconds) / rows.length).toFixed(0)} ms a row`;
  printSummary(name, summary(flipsIn(rows, counted), trainingRows, PERCENTS), 3, each);
}
