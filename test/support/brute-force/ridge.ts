import type { RidgeSettings } from './reference.ts';

/** A training set as a test writes it. Features are exact in single precision. */
export interface TrainingSet {
  readonly features: number[][];
  readonly labels: number[];
  readonly classes: number;
}

/**
 * Scores of a ridge classifier trained from scratch, the textbook way: one weight vector a class from the normal
 * equations on the labels, solved by Gaussian elimination. Never forms contributions. certificates.md section 1.
 */
export function trainAndScore(set: TrainingSet, settings: RidgeSettings, query: number[]): number[] {
  const columns = query.length;
  const rows = set.features.length;
  const means = query.map((_, k) => (settings.centre ? total(set.features.map((x) => x[k]!)) / rows : 0));
  const centred = set.features.map((x) => x.map((value, k) => value - means[k]!));
  const gram = query.map((_, j) => query.map((__, k) => total(centred.map((x) => x[j]! * x[k]!))));
  const { relative, absolute } = settings.lambda;
  const lambda = absolute ?? (relative! * total(gram.map((row, j) => row[j]!))) / columns;
  const system = gram.map((row, j) => row.map((value, k) => value + (j === k ? lambda : 0)));
  return Array.from({ length: set.classes }, (_, label) => {
    const members = centred.filter((__, row) => set.labels[row] === label);
    const targets = query.map((__, k) => total(members.map((x) => x[k]!)));
    const weights = solve(system, targets);
    const intercept = settings.intercept ? members.length / rows : 0;
    return intercept + total(weights.map((weight, k) => weight * (query[k]! - means[k]!)));
  });
}

const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

/** Gaussian elimination with partial pivoting. */
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, j) => [...row, right[j]!]);
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    const pivot = rows.reduce(
      (best, row, j) => (j >= k && Math.abs(row[k]!) > Math.abs(rows[best]![k]!) ? j : best),
      k,
    );
    [rows[k], rows[pivot]] = [rows[pivot]!, rows[k]!];
    for (let j = k + 1; j < size; j++) {
      const factor = rows[j]![k]! / rows[k]![k]!;
      for (let i = k; i <= size; i++) rows[j]![i]! -= factor * rows[k]![i]!;
    }
  }
  const solution = new Array<number>(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    const known = total(solution.map((value, i) => (i > k ? value * rows[k]![i]! : 0)));
    solution[k] = (rows[k]![size]! - known) / rows[k]![k]!;
  }
  return solution;
}
