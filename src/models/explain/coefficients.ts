import { SuretyError } from '../../errors.ts';
import { CoefficientSolver, type Coefficients } from '../../ridge/coefficients.ts';
import type { Ridge } from '../../ridge/ridge.ts';
import { inTurns } from '../../taking-turns.ts';
import type { Model } from '../model.ts';

/** Coefficients of one model, classes x features: 64 MB. */
const MOST_COEFFICIENTS = 8_000_000;

/** Kept as long as the ridge and the labels that they are made of. */
const kept = new WeakMap<Ridge, WeakMap<Int32Array, Promise<Coefficients>>>();

/**
 * The coefficients theta of a model's classes, computed on first use and kept with the model. Gives other requests a
 * turn every few milliseconds. Throws a SuretyError when there are too many. Cost of the first
 * use: O(n d + K d^2).
 */
export function coefficientsOf({ ridge, lambda, labels, classes }: Model): Promise<Coefficients> {
  const ofRidge = kept.get(ridge) ?? new WeakMap<Int32Array, Promise<Coefficients>>();
  kept.set(ridge, ofRidge);
  const coefficients = ofRidge.get(labels) ?? compute(ridge, lambda, labels, classes.length);
  ofRidge.set(labels, coefficients);
  return coefficients;
}

async function compute(
  ridge: Ridge,
  lambda: number,
  labels: Int32Array,
  classes: number,
): Promise<Coefficients> {
  const width = ridge.means.length;
  if (classes * width > MOST_COEFFICIENTS) {
    throw new SuretyError(
      'too_many_features',
      `explain: ${classes} classes x ${width} features are more than the ${MOST_COEFFICIENTS} coefficients that are kept for radius, reasons and invariantTo`,
    );
  }
  const solver = new CoefficientSolver(ridge, lambda, labels, classes);
  await inTurns(ridge.rows, 2 * width, (from, to) => solver.add(from, to));
  await inTurns(classes, 2 * width * width, (from, to) => {
    for (let label = from; label < to; label++) solver.solve(label);
  });
  return solver.finish();
}
