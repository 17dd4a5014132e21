import type { DecisionRule } from '../../../src/certify/contest.ts';
import type { ThreatModel } from '../../../src/certify/threat.ts';

/**
 * The definitions of spec/certificates.md, sections 0 to 2, by enumeration and in exact arithmetic. Shares no code
 * with src: a double is held as a BigInt count of 2^-1074, the smallest subnormal, of which every double is a multiple.
 */
export interface Instance {
  readonly classes: number;
  readonly alpha: readonly number[];
  readonly labels: readonly number[];
  readonly rule: DecisionRule;
  readonly threat: ThreatModel;
}

const view = new DataView(new ArrayBuffer(8));

/** The double as a multiple of 2^-1074, exactly. */
export function units(value: number): bigint {
  if (!Number.isFinite(value)) throw new RangeError(`units: ${value}`);
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = (bits >> 52n) & 0x7ffn;
  const fraction = bits & 0xfffffffffffffn;
  const size = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return bits >> 63n ? -size : size;
}

/** Doubles that add up to `amount` > 0 units exactly: 53 bits at a time, the leading ones first. */
export function doublesOf(amount: bigint): number[] {
  const parts: number[] = [];
  for (let rest = amount; rest > 0n; ) {
    const shift = Math.max(0, rest.toString(2).length - 53);
    const leading = rest >> BigInt(shift);
    parts.push(Number(leading) * 2 ** (shift - 1074));
    rest -= leading << BigInt(shift);
  }
  return parts;
}

export function predictExactly(alpha: bigint[], labels: readonly number[], of: Instance): number {
  const scores = new Array<bigint>(of.classes).fill(0n);
  for (const [row, label] of labels.entries()) scores[label]! += alpha[row]!;
  return winner(scores, of.rule);
}

/** The class that the scores elect; ties go to the smaller class, a score at the threshold reaches it. */
function winner(scores: bigint[], rule: DecisionRule): number {
  if (rule.kind === 'threshold') {
    return scores[rule.positive]! >= units(rule.value) ? rule.positive : 1 - rule.positive;
  }
  let best = 0;
  for (const [label, score] of scores.entries()) if (score > scores[best]!) best = label;
  return best;
}

/** The labels that the row may show after an attack, its own included. */
export function possibleLabels(of: Instance, row: number): number[] {
  const own = of.labels[row]!;
  const { attackable, transitions } = of.threat;
  if (attackable !== null && attackable[row] !== 1) return [own];
  const all = Array.from({ length: of.classes }, (_, label) => label);
  return all.filter((to) => to === own || transitions === null || transitions[own * of.classes + to] === 1);
}

/** Size of the smallest attack that changes the prediction, found by trying every label vector; null when none does. */
export function smallestAttack(of: Instance): number | null {
  const alpha = of.alpha.map(units);
  const before = predictExactly(alpha, of.labels, of);
  const choices = of.labels.map((_, row) => possibleLabels(of, row));
  const scores = new Array<bigint>(of.classes).fill(0n);
  let smallest: number | null = null;
  const visit = (row: number, changed: number): void => {
    if (row === alpha.length) {
      if ((smallest === null || changed < smallest) && winner(scores, of.rule) !== before) smallest = changed;
      return;
    }
    for (const label of choices[row]!) {
      scores[label]! += alpha[row]!;
      visit(row + 1, changed + Number(label !== of.labels[row]));
      scores[label]! -= alpha[row]!;
    }
  };
  visit(0, 0);
  return smallest;
}

/** Weight of each class in the lead of `predicted` over `rival`, and the lead's constant (units). Section 3. */
export function leadWeights(of: Instance, predicted: number, rival: number) {
  const weights = new Array<number>(of.classes).fill(0);
  if (of.rule.kind === 'argmax') {
    weights[predicted] = 1;
    weights[rival] = -1;
    return { weights, constant: 0n, tieLoses: rival < predicted };
  }
  const side = predicted === of.rule.positive ? 1 : -1;
  weights[of.rule.positive] = side;
  return { weights, constant: BigInt(-side) * units(of.rule.value), tieLoses: side === -1 };
}

/** Prediction and exact certificate, found by trying every label vector. */
export function certifyByEnumeration(of: Instance) {
  const smallest = smallestAttack(of);
  const movable = of.labels.filter((_, row) => possibleLabels(of, row).length > 1).length;
  return {
    prediction: predictExactly(of.alpha.map(units), of.labels, of),
    flips: smallest === null ? movable : smallest - 1,
    unbreakable: smallest === null,
  };
}

/** Exact lead and exact gains (section 2), one a row: what the worst allowed change of that row takes from the lead. */
export function leadAndGains(of: Instance, predicted: number, rival: number) {
  const { weights, constant, tieLoses } = leadWeights(of, predicted, rival);
  let lead = constant;
  const gains = of.alpha.map((value, row) => {
    const effects = possibleLabels(of, row).map((label) => BigInt(weights[label]!) * units(value));
    const own = BigInt(weights[of.labels[row]!]!) * units(value);
    lead += own;
    return own - effects.reduce((least, effect) => (effect < least ? effect : least));
  });
  return { lead, gains, tieLoses };
}

/** Rows by falling gain, equal gains by row number. */
export function byFallingGain(gains: bigint[]): number[] {
  const compare = (a: number, b: number) =>
    gains[a]! === gains[b]! ? a - b : gains[a]! > gains[b]! ? -1 : 1;
  return gains.map((_, row) => row).sort(compare);
}

/** The certificate of section 2 by greed in exact arithmetic, for cases too large to enumerate; null: unbreakable. */
export function greedyFlips(of: Instance): { prediction: number; flips: number | null } {
  const prediction = predictExactly(of.alpha.map(units), of.labels, of);
  let flips: number | null = null;
  for (let rival = 0; rival < of.classes; rival++) {
    if (rival === prediction) continue;
    const { lead, gains, tieLoses } = leadAndGains(of, prediction, rival);
    let rest = lead;
    for (const [taken, row] of byFallingGain(gains).entries()) {
      rest -= gains[row]!;
      if (gains[row] === 0n || (flips !== null && taken >= flips)) break;
      if (rest < 0n || (rest === 0n && tieLoses)) flips = taken;
    }
  }
  return { prediction, flips };
}

/** A seeded generator of doubles in [0, 1) (mulberry32), for inputs that are built rather than drawn. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let last = out.length - 1; last > 0; last--) {
    const at = Math.floor(random() * (last + 1));
    [out[last], out[at]] = [out[at]!, out[last]!];
  }
  return out;
}
