import { expectLength } from '../expect-length.ts';

/**
 * How much each row's worst allowed label change takes from the lead: gain_i = alpha_i * dropIfPositive[y_i]
 * where alpha_i > 0, -alpha_i * dropIfNegative[y_i] where alpha_i < 0, and 0 for rows that are not
 * attackable.
 *
 * The drops are 0, 1 or 2 (see certify/contest), so each gain is exact. certificates.md section 2. Writes
 * `out` (n). Cost: one pass over n rows, no allocation.
 */
export function gains(
  alpha: Float64Array,
  labels: Int32Array,
  dropIfPositive: Float64Array,
  dropIfNegative: Float64Array,
  attackable: Uint8Array | null,
  out: Float64Array,
): void {
  expectLength('gains: labels', labels, alpha.length);
  expectLength('gains: out', out, alpha.length);
  expectLength('gains: drops', dropIfNegative, dropIfPositive.length);
  if (attackable !== null) expectLength('attackable', attackable, alpha.length);
  for (let row = 0; row < alpha.length; row++) {
    const value = alpha[row]!;
    const label = labels[row]!;
    const gain = value > 0 ? value * dropIfPositive[label]! : -value * dropIfNegative[label]!;
    const counts = gain > 0 && (attackable === null || attackable[row] === 1);
    out[row] = counts ? gain : 0; // never -0, whose bit pattern would sort above every gain
  }
}
