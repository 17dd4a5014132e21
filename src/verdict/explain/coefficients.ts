import { SuretyError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { CoefficientSolver, type Coefficients } from '../../ridge/coefficients.ts';
import type { Ridge } from '../../ridge/ridge.ts';

/** Coefficients of one model, classes x features: 64 MB. */
const MAX_COEFFICIENTS = 8_000_000;

/** Kept as long as the ridge and the labels that they are made of. */
const kept = new WeakMap<Ridge, WeakMap<Int32Array, Coefficients>>();

/** Throws a SuretyError when a model's coefficients would be too many. */
export function checkCoefficients({ classes, ridge }: Model): void {
  const width = ridge.means.length;
  if (classes.length * width <= MAX_COEFFICIENTS) return;
  throw new SuretyError(
    'too_many_features',
    `explain: ${classes.length} classes x ${width} features are more than the ${MAX_COEFFICIENTS} coefficients that are kept for radius, reasons and invariantTo`,
  );
}

/**
 * The coefficients theta of a model's classes, computed on first use and kept with the model, in each thread. Cost of the
 * first use: O(n d + K d^2).
 */
export function coefficientsOf({ ridge, lambda, labels, classes }: Model): Coefficients {
  const ofRidge = kept.get(ridge) ?? new WeakMap<Int32Array, Coefficients>();
  kept.set(ridge, ofRidge);
  const found = ofRidge.get(labels);
  if (found !== undefined) return found;
  const solver = new CoefficientSolver(ridge, lambda, labels, classes.length);
  solver.add(0, ridge.rows);
  for (let label = 0; label < classes.length; label++) solver.solve(label);
  const coefficients = solver.finish();
  ofRidge.set(labels, coefficients);
  return coefficients;
}
