import type { Weights } from '../certify/weights.ts';
import { newSourceId } from '../model/model-source.ts';
import type { ModelSettings } from '../model/settings.ts';
import type { SharedGram } from '../ridge/shared-gram.ts';
import { type ServedModel, serveModel } from '../workers/served-model.ts';
import { factorOf } from './fit-ridge.ts';

/** Label-free settings in which a model is varied; default: as registered. */
export interface Variation {
  readonly lambda?: ModelSettings['lambda'] | undefined;
  readonly weights?: Weights | undefined;
}

/**
 * The model as if it had been registered with this lambda and these weights, bit for bit; `gram` is the Gram matrix of
 * its features (`gramOf`). It shares the features with the model; the caller has the threads forget it when done. Throws a
 * SuretyError when lambda does not fit the features. Cost: O(d^3) where lambda is varied.
 */
export async function variedModel(
  { source, settings, threads }: ServedModel,
  gram: SharedGram,
  { lambda, weights }: Variation,
): Promise<ServedModel> {
  const varied = {
    ...source,
    id: newSourceId(),
    settings: { ...settings, ...(lambda && { lambda }), ...(weights && { weights }) },
  };
  if (lambda === undefined) return serveModel(varied, threads);
  const { shared, lambda: absolute } = await factorOf(gram, lambda, threads);
  const state = { ...source.state, lambda: absolute };
  return serveModel({ ...varied, state, factor: shared.handle }, threads);
}
