// Measures what the settings do on German credit, COMPAS and MNIST 1 against 7: writes the figures of docs/choosing.md
// and its tables between their markers. Usage: npm run bench:choosing
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { CertifiedRows } from '../src/certify/certified-accuracy.ts';
import { undefendedModel } from '../src/evaluate/evaluate.ts';
import type { TestSet } from '../src/evaluate/test-set.ts';
import { gramOf } from '../src/fit/fit-ridge.ts';
import type { Dataset } from '../src/ingest/dataset.ts';
import type { CertifyOptions } from '../src/verdict/certifier.ts';
import { compas, germanCredit, hasData, mnist17, NO_DATA, type SplitTable } from './data.ts';
import { figureOf } from './figure.ts';
import { certifyRows, flipsIn, summary } from './measure.ts';
import { imagesDataset, imagesTestSet, type Settings, tableDataset, temporaryRegistry } from './service.ts';

const PAGE = new URL('../docs/choosing.md', import.meta.url);
const FIGURES = new URL('../docs/figures/', import.meta.url);
const PERCENTS = [1, 2, 4, 8];
const SMOOTHED = 'smoothed';

/** A data set to try settings on. */
interface Problem {
  readonly name: string;
  readonly title: string;
  readonly dataset: Dataset;
  readonly test: TestSet;
  /** Partitions that its rows suffice for, and random features that do not take long. */
  readonly counts: readonly number[];
  readonly components: readonly number[];
}

/** One line of a table: a model and how it is asked. */
interface Trial {
  readonly name: string;
  readonly settings: Settings;
  readonly options?: Partial<CertifyOptions>;
  readonly counted?: string;
}

if (!hasData) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(1);
}
mkdirSync(FIGURES, { recursive: true });
const registry = await temporaryRegistry();
let page = readFileSync(PAGE, 'utf8');
for (const problem of await problems()) {
  process.stdout.write(`${problem.title}\n`);
  await table(problem, 'lambda', byLambda());
  await figure(problem, 'lambda', byLambda());
  await table(problem, 'weights', byWeights(problem));
  await figure(problem, 'weights', byWeights(problem).slice(0, 5));
  await table(problem, 'noise', byNoise());
  await table(problem, 'centring', byCentring());
  await table(problem, 'random', byRandomFeatures(problem));
  await table(problem, 'partitions', byPartitions(problem));
}
writeFileSync(PAGE, page);
await registry.close();

async function problems(): Promise<Problem[]> {
  const images = mnist17();
  const digits = ['1', '7'];
  return [
    await tableProblem('german', 'German credit', germanCredit(), [5, 20]),
    await tableProblem('compas', 'COMPAS', compas(), [10, 50]),
    {
      name: 'mnist17',
      title: 'MNIST 1 against 7',
      dataset: imagesDataset(images, digits),
      test: imagesTestSet(images, digits, 9),
      counts: [50, 250],
      components: [200, 1000],
    },
  ];
}

async function tableProblem(
  name: string,
  title: string,
  split: SplitTable,
  counts: readonly number[],
): Promise<Problem> {
  const instances = split.test.map(({ [split.target]: _, ...instance }) => instance);
  const labels = split.test.map((record) => String(record[split.target]));
  const dataset = await tableDataset(split);
  return { name, title, dataset, test: { instances, labels }, counts, components: [200, 1000] };
}

function byLambda(): Trial[] {
  return [1, 10, 100, 1000, 10_000].map((relative) => ({
    name: `lambda ${relative}`,
    settings: { lambda: { relative } },
  }));
}

function byWeights({ dataset }: Problem): Trial[] {
  const half = Math.floor(dataset.data.rows / 2);
  const weights: [string, Settings['weights']][] = [
    ['raw', 'raw'],
    ['clip 0.5', { clip: 0.5 }],
    ['clip 0.1', { clip: 0.1 }],
    ['sign', 'sign'],
    ['top half, rest -1', { top: half, rest: -1 }],
  ];
  return [10, 1000].flatMap((relative) =>
    weights.map(([name, reshaped]) => ({
      name: `lambda ${relative}, ${name}`,
      settings: { lambda: { relative }, weights: reshaped },
    })),
  );
}

function byNoise(): Trial[] {
  const settings = { lambda: { relative: 1000 } };
  const trials = [0.05, 0.1, 0.2, 0.3, 0.4].map((q) => ({
    name: `smoothed, q = ${q}`,
    settings,
    options: { method: SMOOTHED, q },
  })) satisfies Trial[];
  return [{ name: 'exact', settings }, ...trials];
}

function byCentring(): Trial[] {
  const kinds: [string, Settings][] = [
    ['centred', {}],
    ['not centred', { centre: false }],
    ['centred, intercept', { intercept: true }],
  ];
  return [1, 1000].flatMap((relative) =>
    kinds.map(([name, kind]) => ({
      name: `lambda ${relative}, ${name}`,
      settings: { ...kind, lambda: { relative } },
    })),
  );
}

function byRandomFeatures({ components }: Problem): Trial[] {
  const lambdas = [0.1, 10, 1000];
  const linear = lambdas.map((relative) => ({
    name: `linear, lambda ${relative}`,
    settings: { lambda: { relative } },
  }));
  const random = components.flatMap((count) =>
    lambdas.map((relative) => ({
      name: `${count} components, lambda ${relative}`,
      settings: { lambda: { relative }, features: { randomFourier: { components: count } } },
    })),
  );
  return [...linear, ...random];
}

function byPartitions({ counts }: Problem): Trial[] {
  const against = (count: number, threat: 'labels' | 'rows', counted: string): Trial => ({
    name: `${count} partitions, ${counted}`,
    settings: { lambda: { relative: 1 }, partitions: { count, threat } },
    options: { method: 'partition' },
    counted,
  });
  return [
    { name: 'exact, no partitions', settings: { lambda: { relative: 1 } } },
    ...counts.flatMap((count) => [
      against(count, 'labels', 'whiteBoxFlips'),
      against(count, 'labels', 'blackBoxFlips'),
      against(count, 'rows', 'insertionsOrDeletions'),
    ]),
  ];
}

async function certify({ dataset, test }: Problem, { settings, options, counted }: Trial) {
  const model = await registry.register('trial', dataset, settings);
  const { rows, mostGiven } = await certifyRows(registry.workers, model, test, {
    method: 'exact',
    ...options,
  });
  return { model, flips: flipsIn(rows, counted), mostGiven };
}

/** Puts a table between its markers in the page. */
async function table(problem: Problem, subject: string, trials: readonly Trial[]): Promise<void> {
  const columns = [
    'setting',
    'clean accuracy',
    ...PERCENTS.map((percent) => `${percent} %`),
    'median flips',
    'most given answer',
  ];
  const lines = [columns, columns.map(() => '---')];
  for (const trial of trials) {
    const { model, flips, mostGiven } = await certify(problem, trial);
    const cells = summary(flips, model.labels.length, PERCENTS);
    const shares = cells.slice(0, -1).map((share) => share.toFixed(3));
    lines.push([trial.name, ...shares, String(cells.at(-1)), mostGiven.toFixed(3)]);
  }
  const marker = `${problem.name}-${subject}`;
  const [begin, end] = [`<!-- table ${marker} -->`, `<!-- end ${marker} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (!(from >= 0 && to > from)) throw new Error(`docs/choosing.md has no place for ${marker}`);
  const text = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  page = `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

async function figure(problem: Problem, subject: string, trials: readonly Trial[]): Promise<void> {
  const curves = new Map<string, CertifiedRows>();
  for (const trial of trials) curves.set(trial.name, (await certify(problem, trial)).flips);
  const model = await registry.register(problem.name, problem.dataset, {});
  const gram = await gramOf(model.ridge.features, model.ridge.means, registry.workers);
  const undefended = await certifyRows(
    registry.workers,
    await undefendedModel(model, gram, registry.workers),
    problem.test,
    { method: 'exact' },
  );
  const svg = figureOf(model, problem.test.labels, curves, flipsIn(undefended.rows));
  writeFileSync(new URL(`${problem.name}-${subject}.svg`, FIGURES), `${svg}\n`);
}
