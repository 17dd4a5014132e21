import type { DecisionRule } from '../../../src/certify/contest.ts';
import { units } from './label-changes.ts';
import { divide, expMinus, fixed, log, ONE } from './logarithm.ts';

/**
 * Label noise as section 0 of spec/certificates.md defines it, with exact probabilities: a label is kept with
 * weight `keep`, turned into any one other class with weight `change`, out of `total`.
 */
export interface ExactNoise {
  readonly keep: bigint;
  readonly change: bigint;
  readonly total: bigint;
}

export function exactNoise(q: number, classes: number): ExactNoise {
  let change = units(q);
  let one = 1n << 1074n;
  while ((change & 1n) === 0n) {
    change >>= 1n;
    one >>= 1n;
  }
  const others = BigInt(classes - 1);
  return { keep: others * (one - change), change, total: others * one };
}

/**
 * Noisy label vectors (out of all K^n) in which the lead constant + sum weights[Y_i] alpha_i is not positive.
 */
export function failingVectors(
  alpha: readonly number[],
  weights: readonly number[],
  constant: bigint,
): number[][] {
  const values = alpha.map(units);
  const failing: number[][] = [];
  const labels: number[] = [];
  const visit = (row: number, lead: bigint): void => {
    if (row === values.length) {
      if (lead <= 0n) failing.push([...labels]);
      return;
    }
    for (const [label, weight] of weights.entries()) {
      labels[row] = label;
      visit(row + 1, lead + BigInt(weight) * values[row]!);
    }
  };
  visit(0, constant);
  return failing;
}

/**
 * Noisy label vectors (out of all K^n) by the class that leads every rival in exact arithmetic, or is on its
 * own side of the threshold; those that end in a tie are left out.
 */
export function strictWinners(alpha: readonly number[], classes: number, rule: DecisionRule): number[][][] {
  const values = alpha.map(units);
  const won = Array.from({ length: classes }, () => [] as number[][]);
  for (const labels of neighbours(
    alpha.map(() => 0),
    classes,
    alpha.length,
  )) {
    const scores = new Array<bigint>(classes).fill(0n);
    for (const [row, label] of labels.entries()) scores[label]! += values[row]!;
    if (rule.kind === 'threshold') {
      const above = scores[rule.positive]! - units(rule.value);
      if (above !== 0n) won[above > 0n ? rule.positive : 1 - rule.positive]!.push([...labels]);
      continue;
    }
    const best = scores.reduce((most, score) => (score > most ? score : most));
    const leaders = scores.flatMap((score, label) => (score === best ? [label] : []));
    if (leaders.length === 1) won[leaders[0]!]!.push([...labels]);
  }
  return won;
}

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((changed, label, row) => changed + Number(label !== b[row]), 0);

/** P(the noise on `labels` gives one of `vectors`), as a weight out of total^n. */
export function weightOf(vectors: number[][], labels: readonly number[], noise: ExactNoise): bigint {
  const rows = labels.length;
  const counts = new Array<bigint>(rows + 1).fill(0n);
  for (const vector of vectors) counts[distance(vector, labels)]! += 1n;
  return counts.reduce(
    (sum, count, changed) =>
      count === 0n
        ? sum
        : sum + count * noise.keep ** BigInt(rows - changed) * noise.change ** BigInt(changed),
    0n,
  );
}

/** Every label vector that differs from `labels` in at most `changes` rows. */
export function* neighbours(
  labels: readonly number[],
  classes: number,
  changes: number,
): Generator<number[]> {
  const at = [...labels];
  function* visit(row: number, left: number): Generator<number[]> {
    if (row === labels.length) {
      yield at;
      return;
    }
    for (let label = 0; label < classes; label++) {
      if (label !== labels[row] && left === 0) continue;
      at[row] = label;
      yield* visit(row + 1, label === labels[row] ? left : left - 1);
    }
  }
  yield* visit(0, changes);
}

/**
 * P(lead <= 0) under noise, as a weight out of total^n, for integer contributions: the exact distribution of
 * the lead, one row after the other.
 */
export function failureWeight(
  alpha: readonly number[],
  labels: readonly number[],
  weights: readonly number[],
  constant: number,
  noise: ExactNoise,
): bigint {
  let leads = new Map<number, bigint>([[constant, 1n]]);
  for (const [row, value] of alpha.entries()) {
    const steps = new Map<number, bigint>();
    for (const [label, weight] of weights.entries()) {
      const chance = label === labels[row] ? noise.keep : noise.change;
      steps.set(weight * value, (steps.get(weight * value) ?? 0n) + chance);
    }
    const next = new Map<number, bigint>();
    for (const [lead, mass] of leads) {
      for (const [step, chance] of steps)
        next.set(lead + step, (next.get(lead + step) ?? 0n) + mass * chance);
    }
    leads = next;
  }
  let failing = 0n;
  for (const [lead, mass] of leads) if (lead <= 0) failing += mass;
  return failing;
}

/**
 * log E exp(-z weights[Y]) in fixed point, Y the noisy label of a row labelled `label`: straight from the
 * definition, with the largest exponential taken out.
 */
export function logMoment(z: bigint, label: number, weights: readonly number[], noise: ExactNoise): bigint {
  const keep = divide(noise.keep, noise.total);
  const change = divide(noise.change, noise.total);
  const exponents = weights.map((weight) => -BigInt(weight) * z);
  const largest = exponents.reduce((most, exponent) => (exponent > most ? exponent : most));
  const moment = exponents.reduce(
    (sum, exponent, shown) => sum + (shown === label ? keep : change) * expMinus(largest - exponent),
    0n,
  );
  return largest + log(moment / ONE);
}

/** L(t) of section 3.1 in fixed point, without the threshold's constant. */
export function logMomentSum(
  alpha: readonly number[],
  labels: readonly number[],
  weights: readonly number[],
  noise: ExactNoise,
  t: bigint,
): bigint {
  return alpha.reduce((sum, value, row) => {
    const z = (t * fixed(value)) / ONE;
    return sum + logMoment(z, labels[row]!, weights, noise);
  }, 0n);
}
