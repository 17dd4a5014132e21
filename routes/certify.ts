import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { certifySchema } from '../schemas/certify.ts';
import { SuretyError } from '../src/errors.ts';
import type { Certified, Refused } from '../src/models/certified.ts';
import { certifyInstances } from '../src/models/certify-instances.ts';
import { clientSignal } from '../src/plugins/client-signal.ts';
import { type RequestSummary, summariseFlips } from '../src/plugins/request-log.ts';

/** Training rows that the breaking sets of one answer may name at worst: some 80 MB of JSON. */
const MOST_EXPLAINED_ROWS = 2_000_000;

/** The classifier that each method certifies. */
const CLASSIFIERS = { exact: 'ridge', smoothed: 'smoothed', partition: 'ensemble' } as const;

/** Certified predictions. */
export const certifyRoutes: FastifyPluginAsyncZod = async (app) => {
  const { maxInstances } = app.config;

  app.post('/certify', { schema: certifySchema }, async (request, reply) => {
    const { instances, method, noise, explain, require: required } = request.body;
    if (instances.length > maxInstances) {
      throw new SuretyError(
        'too_many_instances',
        `a request may have at most ${maxInstances} instances (SURETY_MAX_INSTANCES), got ${instances.length}`,
      );
    }
    const model = app.models.get(request.body.model, request.body.version);
    const explainable = Math.max(1, Math.floor(MOST_EXPLAINED_ROWS / model.labels.length));
    if (explain?.breakingSet && instances.length > explainable) {
      throw new SuretyError(
        'too_many_instances',
        `with breakingSet a request may have at most ${explainable} instances for this model, got ${instances.length}`,
      );
    }
    const { name, version, digest } = model;
    const options = {
      method,
      q: noise?.q,
      requiredFlips: required?.flips,
      explain,
    };
    const results = await certifyInstances(model, instances, options, clientSignal(reply));
    request.summary = { model: name, version, ...summarise(results) };
    const refused = results.filter((result) => 'error' in result);
    if (refused.length === results.length) throw allRefused(refused);
    return { model: { name, version, digest }, method, classifier: CLASSIFIERS[method], results };
  });
};

function summarise(results: readonly (Certified | Refused)[]): RequestSummary {
  const certified = results.filter((result) => 'prediction' in result);
  const flips = summariseFlips(certified.flatMap(({ certificate }) => certificate?.flips ?? []));
  return {
    rows: results.length,
    refused: results.length - certified.length,
    abstained: certified.filter(({ abstained }) => abstained).length,
    ...(flips && { flips }),
  };
}

function allRefused(refused: Refused[]): SuretyError {
  const misfits = refused.slice(0, 100).map(({ error }, index) => ({
    path: `/instances/${index}`,
    message: `${error.code}: ${error.detail}`,
  }));
  const detail =
    refused.length === 1
      ? `the instance could not be certified: ${refused[0]!.error.detail}`
      : `none of the ${refused.length} instances could be certified`;
  return new SuretyError('invalid_instances', detail, { misfits });
}
