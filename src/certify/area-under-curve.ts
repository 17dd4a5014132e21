/**
 * Area under the ROC curve: of all pairs of a positive and a negative row, the share in which the positive one has the
 * larger score; equal scores count half. Null where there is no pair, or a score is not finite.
 *
 * Hanley and McNeil, *The Meaning and Use of the Area under a Receiver Operating Characteristic (ROC) Curve*,
 * Radiology 143 (1982): the Mann-Whitney statistic. Counts are exact up to 2^53 half pairs. Cost: O(m log m).
 */
export function areaUnderCurve(scores: Float64Array, isPositive: (row: number) => boolean): number | null {
  let positives = 0;
  for (let row = 0; row < scores.length; row++) positives += Number(isPositive(row));
  const negatives = scores.length - positives;
  if (positives === 0 || negatives === 0 || !scores.every(Number.isFinite)) return null;
  const above = new Float64Array(positives);
  const below = new Float64Array(negatives);
  for (let row = 0, p = 0, q = 0; row < scores.length; row++) {
    if (isPositive(row)) above[p++] = scores[row]!;
    else below[q++] = scores[row]!;
  }
  above.sort();
  below.sort();
  let halves = 0;
  let smaller = 0; // negatives below the positive one at hand
  let notLarger = 0; // and those that are not above it
  for (const score of above) {
    while (smaller < negatives && below[smaller]! < score) smaller++;
    while (notLarger < negatives && below[notLarger]! <= score) notLarger++;
    halves += smaller + notLarger;
  }
  return halves / (2 * positives * negatives);
}
