// Ensembles over partitions on MNIST digits 1 against 7: the table of docs/certificates.md section 10. Usage: node
// bench/partitions.ts
import { settingsSchema } from '../schemas/settings.ts';
import type { Dataset } from '../src/ingest/dataset.ts';
import type { CertificateResult } from '../src/models/certified.ts';
import { certifyInstances } from '../src/models/certify-instances.ts';
import { contentOf } from '../src/models/content.ts';
import { dealRows } from '../src/models/deal-rows.ts';
import { fitModel } from '../src/models/fit-model.ts';
import { type Model, makeModel } from '../src/models/model.ts';
import { completeSettings, type PartitionSettings } from '../src/models/settings.ts';
import { hasData, mnist17, NO_DATA } from './data.ts';

const PERCENTS = [2, 4, 8, 16];
const STEP = 3;
const CLASSES = ['1', '7'];

if (!hasData) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(1);
}
const images = mnist17();
const { width } = images;
const rows = images.trainingLabels.length;
const dataset: Dataset = {
  data: { kind: 'vectors', rows, width, values: images.training },
  labels: { classes: CLASSES, codes: images.trainingLabels },
  target: null,
  ignored: [],
  declared: { columnTypes: [], classes: true },
  warnings: [],
};
const asked = Array.from(images.testLabels.keys()).filter((row) => row % STEP === 0);
const instances = asked.map((row) => Array.from(images.test.subarray(row * width, (row + 1) * width)));

print(`MNIST 1 against 7, lambda relative 1, every third test row; Node ${process.version}`);
print(line('partitions', ['fit s', 'ms', 'clean', ...PERCENTS.map((p) => `${p} %`), 'median']));
for (const count of [50, 250]) {
  await run({ count, threat: 'labels' }, [
    ['white box', (of) => ('whiteBoxFlips' in of ? of.whiteBoxFlips : Number.NaN)],
    ['black box', (of) => ('blackBoxFlips' in of ? of.blackBoxFlips : Number.NaN)],
  ]);
  await run({ count, threat: 'rows' }, [
    ['insertions', (of) => ('insertionsOrDeletions' in of ? of.insertionsOrDeletions : Number.NaN)],
    ['rewritten', (of) => ('rewrittenRows' in of ? of.rewrittenRows : Number.NaN)],
  ]);
}

async function run(
  partitions: PartitionSettings,
  proofs: [string, (certificate: CertificateResult) => number][],
): Promise<void> {
  const started = performance.now();
  const model = await trained(partitions);
  const fitted = performance.now();
  const options = { method: 'partition' } as const;
  const results = await certifyInstances(model, instances, options, new AbortController().signal);
  const each = (performance.now() - fitted) / instances.length;
  for (const [name, sizeOf] of proofs) {
    const certified = results.map((result, k) => {
      if ('error' in result) throw new Error(result.error.detail);
      const right = result.prediction === CLASSES[images.testLabels[asked[k]!]!];
      return right ? sizeOf(result.certificate!) : -1;
    });
    const shares = [0, ...PERCENTS].map((p) => share(certified, (p / 100) * rows).toFixed(3));
    const seconds = ((fitted - started) / 1000).toFixed(1);
    const median = certified.toSorted((a, b) => a - b)[certified.length >> 1]!;
    print(line(`${partitions.count} ${name}`, [seconds, each.toFixed(1), ...shares, String(median)]));
  }
}

async function trained(partitions: PartitionSettings): Promise<Model> {
  const requested = settingsSchema.parse({ lambda: { relative: 1 }, partitions });
  const settings = completeSettings(requested, CLASSES, 'vectors');
  const { labels, ...unlabelled } = dataset;
  const limits = { rows, features: width, cells: 2 * rows * width };
  const dealt = await dealRows(dataset, partitions);
  const derived = await fitModel(unlabelled, settings, dealt, limits);
  const { manifest, digest } = contentOf(dataset, settings);
  return makeModel({ name: 'mnist', version: 1, digest, createdAt: '' }, manifest, labels.codes, derived);
}

function share(certified: readonly number[], least: number): number {
  return certified.filter((one) => one >= least).length / certified.length;
}

function line(name: string, cells: readonly string[]): string {
  return [name.padEnd(15), ...cells.map((cell) => cell.padStart(7))].join(' ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
