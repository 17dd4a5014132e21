import { type CertifiedRows, WRONG } from '../certify/certified-accuracy.ts';
import { SuretyError } from '../errors.ts';
import type { Certified, Refused } from '../verdict/certified-prediction.ts';

/** Of more scores, rows x classes, none are kept: 80 MB. */
const MOST_SCORES = 10_000_000;

/** What is kept of a test set after one evaluation. */
export interface MeasuredRows {
  readonly flips: CertifiedRows;
  /** Answers of each class, by its number. */
  readonly answers: Int32Array;
  readonly abstentions: number;
  /**
   * How far each class's score leads the mean of the others', row after row (m x K), or of two classes the last one's
   * only (m). Null where there would be too many.
   */
  readonly leads: Float64Array | null;
}

/**
 * Reads the results of a test set as they come, in a few numbers a row. `truth`: the class number of each row. Throws a
 * SuretyError for a row that was refused.
 */
export async function readMeasured(
  results: AsyncIterable<Certified | Refused>,
  truth: Int32Array,
  classes: readonly string[],
  advance: () => void,
): Promise<MeasuredRows> {
  const flips = new Int32Array(truth.length).fill(WRONG);
  const answers = new Int32Array(classes.length);
  const labelOf = new Map(classes.map((name, label) => [name, label]));
  const width = classes.length === 2 ? 1 : classes.length;
  const leads = truth.length * width <= MOST_SCORES ? new Float64Array(truth.length * width) : null;
  let abstentions = 0;
  let row = 0;
  for await (const result of results) {
    if ('error' in result) {
      throw new SuretyError('invalid_instances', `instance ${row}: ${result.error.detail}`);
    }
    const answer = result.prediction === null ? undefined : labelOf.get(result.prediction);
    if (answer === undefined) abstentions++;
    else answers[answer]!++;
    if (result.certificate !== null && answer === truth[row]) flips[row] = result.certificate.flips;
    if (leads !== null) writeLeads(result.scores, classes, leads, row * width);
    row++;
    advance();
  }
  return { flips, answers, abstentions, leads };
}

function writeLeads(
  scores: Readonly<Record<string, number>>,
  classes: readonly string[],
  leads: Float64Array,
  at: number,
): void {
  const count = classes.length;
  if (count === 2) {
    leads[at] = scores[classes[1]!]! - scores[classes[0]!]!;
    return;
  }
  let sum = 0;
  for (const name of classes) sum += scores[name]!;
  for (let label = 0; label < count; label++) {
    const own = scores[classes[label]!]!;
    leads[at + label] = own - (sum - own) / (count - 1);
  }
}
