import { areaUnderCurve } from '../certify/area-under-curve.ts';
import {
  type CertifiedRows,
  certifiedAccuracy,
  certifiedAccuracyCurve,
  flipsOfPercent,
  median,
} from '../certify/certified-accuracy.ts';
import { ClassRecalls } from '../certify/class-recalls.ts';
import type { MeasuredRows } from './measured-rows.ts';

const PERCENTS = [1, 2, 4, 8, 16];

/** From this share of one answer on, an evaluation says that the answers are nearly constant. */
const NEARLY_CONSTANT = 0.95;
/** With fewer test rows, the recall of a class says little. */
const FEW_ROWS = 30;

/** Something that a reader of the figures should know. */
export interface EvaluationWarning {
  readonly code: 'not_above_most_frequent' | 'nearly_constant' | 'class_of_few_rows';
  readonly detail: string;
}

export interface ClassResult {
  readonly class: string;
  /** Test rows. */
  readonly rows: number;
  /** Null for a class without test rows. */
  readonly recall: number | null;
  readonly certifiedRecall: { percent: number; flips: number; recall: number | null }[];
}

/** Figures of one evaluation. certificates.md section 8. */
export interface Summary {
  readonly cleanAccuracy: number;
  readonly balancedAccuracy: number;
  /** Null where the test set has one class only, or too many scores to keep. */
  readonly auc: number | null;
  readonly medianFlips: number;
  readonly abstentions: number;
  /** Class null: the answer was withheld. */
  readonly mostGivenAnswer: { class: string | null; share: number };
  readonly perClass: ClassResult[];
  readonly at: {
    percent: number;
    flips: number;
    certifiedAccuracy: number;
    certifiedBalancedAccuracy: number;
  }[];
  readonly curve: { flips: number; certifiedAccuracy: number; certifiedBalancedAccuracy: number }[];
  readonly warnings: EvaluationWarning[];
}

/**
 * Sums a measured test set up. `truth`: the class number of each row; `majorityAccuracy`: what always answering the most
 * frequent class achieves. In steps. Cost: O(m log m), times the classes where there are more than two.
 */
export function* summarise(
  measured: MeasuredRows,
  truth: Int32Array,
  classes: readonly string[],
  trainingRows: number,
  majorityAccuracy: number,
): Generator<void, Summary> {
  const { flips, abstentions } = measured;
  const recalls = new ClassRecalls(flips, truth, classes.length);
  yield;
  const percents = PERCENTS.map((percent) => ({ percent, flips: flipsOfPercent(percent, trainingRows) }));
  const perClass: ClassResult[] = [];
  for (const [label, name] of classes.entries()) {
    perClass.push({
      class: name,
      rows: recalls.rows(label),
      recall: recalls.recall(label, 0),
      certifiedRecall: percents.map((at) => ({ ...at, recall: recalls.recall(label, at.flips) })),
    });
  }
  const curve = [];
  for (const { flips: least, share } of certifiedAccuracyCurve(flips)) {
    yield;
    const certifiedBalancedAccuracy = recalls.balancedAccuracy(least);
    curve.push({ flips: least, certifiedAccuracy: share, certifiedBalancedAccuracy });
  }
  const mostGivenAnswer = mostGiven(measured, classes, truth.length);
  const cleanAccuracy = certifiedAccuracy(flips, 0);
  return {
    cleanAccuracy,
    balancedAccuracy: recalls.balancedAccuracy(0),
    auc: yield* areaUnderCurves(measured, truth, classes.length),
    medianFlips: median(flips),
    abstentions,
    mostGivenAnswer,
    perClass,
    at: percents.map((at) => ({
      ...at,
      certifiedAccuracy: certifiedAccuracy(flips, at.flips),
      certifiedBalancedAccuracy: recalls.balancedAccuracy(at.flips),
    })),
    curve,
    warnings: warningsOf(cleanAccuracy, majorityAccuracy, mostGivenAnswer.share, perClass),
  };
}

/** Of two classes the AUC of the last one; of more, the mean over those with test rows of each against the rest. */
function* areaUnderCurves(
  { leads }: MeasuredRows,
  truth: Int32Array,
  classes: number,
): Generator<void, number | null> {
  if (leads === null) return null;
  if (classes === 2) return areaUnderCurve(leads, (row) => truth[row] === 1);
  let sum = 0;
  let present = 0;
  const own = new Float64Array(truth.length);
  for (let label = 0; label < classes; label++) {
    yield;
    for (let row = 0; row < own.length; row++) own[row] = leads[row * classes + label]!;
    const area = areaUnderCurve(own, (row) => truth[row] === label);
    if (area === null) continue;
    sum += area;
    present++;
  }
  return present === 0 ? null : sum / present;
}

function mostGiven({ answers, abstentions }: MeasuredRows, classes: readonly string[], rows: number) {
  let most = 0;
  for (let label = 1; label < answers.length; label++) if (answers[label]! > answers[most]!) most = label;
  if (abstentions > answers[most]!) return { class: null, share: abstentions / rows };
  return { class: classes[most]!, share: answers[most]! / rows };
}

function warningsOf(
  accuracy: number,
  majority: number,
  mostGivenShare: number,
  perClass: readonly ClassResult[],
): EvaluationWarning[] {
  const warnings: EvaluationWarning[] = [];
  if (!(accuracy > majority)) {
    warnings.push({
      code: 'not_above_most_frequent',
      detail: `accuracy ${accuracy.toFixed(3)} is not above ${majority.toFixed(3)}, what always answering the most frequent class achieves; compare balancedAccuracy and auc, or give the rule a threshold`,
    });
  }
  if (mostGivenShare >= NEARLY_CONSTANT) {
    warnings.push({
      code: 'nearly_constant',
      detail: `one answer is given to a share of ${mostGivenShare.toFixed(3)} of the test rows; certificates of a constant answer are large and of no use`,
    });
  }
  for (const { class: name, rows } of perClass) {
    if (rows >= FEW_ROWS) continue;
    warnings.push({
      code: 'class_of_few_rows',
      detail: `class '${name}' has ${rows} test rows, fewer than ${FEW_ROWS}: its recall, and balancedAccuracy, are rough`,
    });
  }
  return warnings;
}

/** The share of rows that are correct under so many flips, for the curve of the undefended model. */
export function attackedCurve(flips: CertifiedRows): { flips: number; accuracy: number }[] {
  return certifiedAccuracyCurve(flips).map(({ flips: changed, share }) => ({
    flips: changed,
    accuracy: share,
  }));
}
