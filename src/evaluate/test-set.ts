import { isRefusal, type Misfit, SuretyError, typeName } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { takingTurns } from '../process/taking-turns.ts';

/** Labelled instances that all fit a model. */
export interface TestSet {
  readonly instances: readonly unknown[];
  /** Class names. */
  readonly labels: readonly string[];
}

/** Instances named in one answer. */
const MAX_NAMED = 100;

/**
 * A test set for a model. It is taken as a whole or not at all: to leave out the rows that do not fit would bias what
 * is measured on it. Gives other requests turns, and stops with the signal's reason.
 *
 * Throws a SuretyError when there are not as many labels as instances (row_length), a label is not one of the classes
 * (unknown_label) or instances do not fit (invalid_instances, naming the first hundred). Cost: one encoding each.
 */
export async function readTestSet(
  model: Model,
  instances: readonly unknown[],
  labels: readonly unknown[],
  signal: AbortSignal,
): Promise<TestSet> {
  if (labels.length !== instances.length) {
    throw new SuretyError(
      'row_length',
      `labels: expected ${instances.length}, one an instance, got ${labels.length}`,
    );
  }
  const names = classNames(labels, model.classes);
  const turn = takingTurns(signal);
  const query = new Float32Array(model.map.width);
  const misfits: Misfit[] = [];
  let refused = 0;
  for (const [row, instance] of instances.entries()) {
    await turn();
    try {
      model.map.encode(instance, query);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refused++;
      const message = `${error.code}: ${error.message}`;
      if (misfits.length < MAX_NAMED) misfits.push({ path: `/instances/${row}`, message });
    }
  }
  if (refused === 0) return { instances, labels: names };
  throw new SuretyError(
    'invalid_instances',
    `${refused} of the ${instances.length} instances do not fit the model, so nothing was evaluated`,
    { misfits },
  );
}

/** As at a registration, numbers and booleans name a class by their text. */
function classNames(labels: readonly unknown[], classes: readonly string[]): string[] {
  const known = new Set(classes);
  return labels.map((label, row) => {
    const name = String(label);
    if (!['string', 'number', 'boolean'].includes(typeof label) || !known.has(name)) {
      throw new SuretyError(
        'unknown_label',
        `labels: entry ${row}: expected one of the ${classes.length} classes of the model, got ${
          typeof label === 'string' ? 'another text' : typeName(label)
        }`,
      );
    }
    return name;
  });
}
