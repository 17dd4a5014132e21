import type { Weights } from '../certify/weights.ts';
import type { Model } from '../model/model.ts';
import { newSourceId } from '../model/model-source.ts';
import { openModel } from '../model/open-model.ts';
import type { ModelSettings } from '../model/settings.ts';
import type { SharedGram } from '../ridge/shared-gram.ts';
import { MAIN_THREAD } from '../workers/main-thread.ts';
import type { Workers } from '../workers/workers.ts';
import { factorOf } from './fit-ridge.ts';

/** Label-free settings in which a model is varied; default: as registered. */
export interface Variation {
  readonly lambda?: ModelSettings['lambda'] | undefined;
  readonly weights?: Weights | undefined;
}

/**
 * The model as if it had been registered with this lambda and these weights, bit for bit; `gram` is the Gram matrix of
 * its features (`gramOf`). It shares the features with the model; the caller has the workers forget it when done. Throws a
 * SuretyError when lambda does not fit the features. Cost: O(d^3) where lambda is varied.
 */
export async function variedModel(
  { source, settings }: Model,
  gram: SharedGram,
  { lambda, weights }: Variation,
  workers: Workers,
): Promise<Model> {
  const varied = {
    ...source,
    id: newSourceId(),
    settings: { ...settings, ...(lambda && { lambda }), ...(weights && { weights }) },
  };
  if (lambda === undefined) return openModel(varied, MAIN_THREAD);
  const { shared, lambda: absolute } = await factorOf(gram, lambda, workers);
  const state = { ...source.state, lambda: absolute };
  return openModel({ ...varied, state, factor: shared.handle }, MAIN_THREAD);
}
