import type { Weights } from '../certify/weights.ts';
import type { GramMatrix } from '../ridge/gram.ts';
import { factorWith } from './fit-ridge.ts';
import type { Model } from './model.ts';
import type { ModelSettings } from './settings.ts';

/** Label-free settings in which a model is varied; default: as registered. */
export interface Variation {
  readonly lambda?: ModelSettings['lambda'] | undefined;
  readonly weights?: Weights | undefined;
}

/**
 * The model as if it had been registered with this lambda and these weights, bit for bit; `gram` is the Gram matrix of
 * its features (`gramInTurns`). It shares features, labels and workspace with the model. Throws a SuretyError when
 * lambda does not fit the features. Cost: O(d^3) where lambda is varied, in one piece.
 */
export function variedModel(model: Model, gram: GramMatrix, { lambda, weights }: Variation): Model {
  const settings = {
    ...model.settings,
    ...(lambda !== undefined && { lambda }),
    ...(weights !== undefined && { weights }),
  };
  if (lambda === undefined) return { ...model, settings };
  const fitted = factorWith(gram, lambda);
  return { ...model, settings, lambda: fitted.lambda, ridge: { ...model.ridge, factor: fitted.factor } };
}
