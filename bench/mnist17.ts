// Reproduces the tables of docs/certificates.md on MNIST digits 1 against 7. Usage: npm run bench:mnist17
import { exactCertificate } from '../src/certify/exact.ts';
import { labelNoise } from '../src/certify/label-noise.ts';
import { NeymanPearsonTable } from '../src/certify/neyman-pearson.ts';
import { predict } from '../src/certify/predict.ts';
import { type SmoothedCertificate, smoothedCertificate } from '../src/certify/smoothed.ts';
import { ANY_LABEL } from '../src/certify/threat.ts';
import { classSums } from '../src/kernel/class-sums.ts';
import { GainBuckets } from '../src/kernel/gain-buckets.ts';
import { choleskyFactor } from '../src/ridge/cholesky.ts';
import { columnMeans, GramMatrix } from '../src/ridge/gram.ts';
import { contributionsTo, type Ridge } from '../src/ridge/ridge.ts';
import { hasData, mnist17, NO_DATA } from './data.ts';

/** The reference: clean accuracy, certified accuracy at 2, 4, 8, 16 % of the rows, median flips. */
const EXACT: Record<number, readonly number[]> = {
  1: [0.989, 0.431, 0.003, 0, 0, 242],
  10: [0.982, 0.887, 0.663, 0.131, 0, 677],
  100: [0.969, 0.95, 0.913, 0.774, 0.374, 1795],
  10000: [0.963, 0.955, 0.946, 0.901, 0.724, 2808],
};
/**
 * Smoothed, relative lambda 10000, every third test row: at 2, 4, 8, 16 %, median flips, by each certificate.
 */
const SMOOTHED: Record<
  number,
  Record<'klFlips' | 'neymanPearsonFlips' | 'linearFlips', readonly number[]>
> = {
  0.05: {
    klFlips: [0.947, 0.868, 0.523, 0, 1060],
    neymanPearsonFlips: [0.963, 0.947, 0.868, 0.523, 2120],
    linearFlips: [0.967, 0.958, 0.927, 0.742, 2799],
  },
  0.2: {
    klFlips: [0.935, 0.817, 0.333, 0, 907],
    neymanPearsonFlips: [0.952, 0.933, 0.817, 0.329, 1810],
    linearFlips: [0.965, 0.958, 0.92, 0.727, 2749],
  },
  0.4: {
    klFlips: [0.914, 0.788, 0.215, 0, 839],
    neymanPearsonFlips: [0.949, 0.911, 0.781, 0.189, 1650],
    linearFlips: [0.964, 0.949, 0.895, 0.68, 2583],
  },
};
const PERCENTS = [2, 4, 8, 16];
const ARGMAX = { kind: 'argmax' } as const;

if (!hasData) {
  process.stderr.write(`${NO_DATA}\n`);
  process.exit(1);
}
const { width, training, trainingLabels, test, testLabels } = mnist17();
const rows = trainingLabels.length;
const means = columnMeans(training, width);
const gram = new GramMatrix(means);
gram.add(training, 0, rows);

const direction = new Float64Array(width);
const alpha = new Float64Array(rows);
const scores = { sums: new Float64Array(2), magnitudes: new Float64Array(2) };
const query = { alpha, labels: trainingLabels, scores };
const buckets = new GainBuckets(rows);

print(`MNIST 1 against 7: ${rows} training rows, ${testLabels.length} test rows, Node ${process.version}\n`);
print('exact certificate: ours, then the reference');
print(line('lambda', ['clean', '2 %', '4 %', '8 %', '16 %', 'median']));
let differences = 0;
for (const relative of Object.keys(EXACT).map(Number)) {
  const ridge = ridgeWith(relative);
  const started = performance.now();
  const flips = certify(ridge, 1, () => {
    const predicted = predict(alpha, trainingLabels, scores, ARGMAX);
    return [predicted, exactCertificate(query, predicted, ARGMAX, ANY_LABEL, buckets).flips];
  });
  const seconds = (performance.now() - started) / 1000;
  const ours = [share(flips, 0), ...PERCENTS.map((p) => share(flips, (p / 100) * rows)), median(flips)];
  compare(String(relative), ours, EXACT[relative]!, seconds);
}

print('\nsmoothed, relative lambda 10000, every third test row: ours, then the reference');
print(line('', ['2 %', '4 %', '8 %', '16 %', 'median']));
const regularised = ridgeWith(10000);
for (const [q, references] of Object.entries(SMOOTHED)) {
  const table = new NeymanPearsonTable(labelNoise(Number(q), 2));
  const certificates: (SmoothedCertificate | null)[] = [];
  const started = performance.now();
  const best = certify(regularised, 3, () => {
    const certificate = smoothedCertificate(query, ARGMAX, table, ANY_LABEL, buckets);
    certificates.push(certificate);
    return [certificate?.prediction ?? null, certificate?.flips ?? -1];
  });
  const seconds = (performance.now() - started) / 1000;
  print(`q = ${q}`);
  for (const [proof, reference] of Object.entries(references)) {
    const own = best.map((flips, i) => (flips < 0 ? -1 : certificates[i]![proof as 'klFlips']));
    const shares = PERCENTS.map((p) => share(own, (p / 100) * rows));
    compare(
      proof.replace('Flips', '').replace('neymanPearson', 'n-p'),
      [...shares, median(own)],
      reference,
      seconds,
    );
  }
}

print(`\nshares that differ from the reference by more than its rounding: ${differences}`);
if (differences > 0) process.exitCode = 1;

function ridgeWith(relative: number): Ridge {
  const factor = choleskyFactor(gram.values, width, (relative * gram.trace()) / width);
  if (factor === null) throw new Error('not positive definite');
  return { features: training, means, factor, intercept: false, rows };
}

/** Certified flips of each `step`-th test row, -1 where the prediction is wrong or withheld. */
function certify(ridge: Ridge, step: number, one: () => [number | null, number]): number[] {
  const results: number[] = [];
  for (let row = 0; row < testLabels.length; row += step) {
    contributionsTo(test.subarray(row * width, (row + 1) * width), ridge, direction, alpha);
    classSums(alpha, trainingLabels, scores.sums, scores.magnitudes);
    const [predicted, certified] = one();
    results.push(predicted === testLabels[row] ? certified : -1);
  }
  return results;
}

function share(certified: readonly number[], least: number): number {
  return certified.filter((one) => one >= least).length / certified.length;
}

function median(certified: readonly number[]): number {
  const sorted = certified.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/**
 * Prints ours above the reference, and counts where it is less, or more than rounding explains. The
 * reference's linear certificate comes from a coarser search over t, so ours may be larger; its smoothed
 * shares are within one of 721 rows.
 */
function compare(name: string, own: readonly number[], reference: readonly number[], seconds: number): void {
  const rounding = name in EXACT ? 0.0005 : 1 / 721;
  for (const [i, share] of own.slice(0, -1).entries()) {
    const difference = share - reference[i]!;
    if (difference < -rounding || (difference > rounding && name !== 'linear')) differences++;
  }
  print(`${line(name, own.map(format))}   ${seconds.toFixed(1)} s`);
  print(line('', reference.map(format)));
}

function format(value: number): string {
  return value > 1 ? value.toFixed(0) : value.toFixed(3);
}

function line(name: string, cells: readonly string[]): string {
  return [name.padStart(7), ...cells.map((cell) => cell.padStart(7))].join(' ');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
