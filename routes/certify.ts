import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { certifySchema, MONTE_CARLO_DEFAULTS } from '../schemas/certify.ts';
import { requireModel, requireScope } from '../src/caller.ts';
import { SuretyError } from '../src/errors.ts';
import { accountOf } from '../src/http/account.ts';
import { clientSignal } from '../src/http/client-signal.ts';
import { sendJson } from '../src/http/large-json/send-json.ts';
import { type RequestSummary, summariseFlips } from '../src/http/request-log.ts';
import type { Model } from '../src/model/model.ts';
import { holdUntilAnswered } from '../src/plugins/held-bytes.ts';
import type { Certified, Refused } from '../src/verdict/certified-prediction.ts';
import { type ExplainOptions, MAX_NAMED_ROWS } from '../src/verdict/explain/explain.ts';
import { METHODS, type Method } from '../src/verdict/methods.ts';
import { checkWork, costOfCertifying } from '../src/workers/cost-of-certifying.ts';
import { bytesOfResult, isLong, partsOf } from './certified-answer.ts';
import { checkMayAsk, requestedThreat } from './requested-threat.ts';

/** What `explain` tells of single training rows and their labels. */
const OF_ROWS = ['breakingSet', 'influentialRows'] as const;

/** Columns that the explanations of one answer may name: some 80 MB of JSON. */
const MAX_NAMED_COLUMNS = 2_000_000;

/** Certified predictions. */
export const certifyRoutes: FastifyPluginAsyncZod = async (app) => {
  const { maxInstances, maxWork, maxHeldBytes, maxBodyBytes: bodyLimit, requestTimeoutMs } = app.config;

  const options = { schema: certifySchema, bodyLimit, config: { scope: 'certify' } } as const;
  app.post('/certify', options, async (request, reply) => {
    requireModel(request.caller, request.body.model);
    const { instances, method, noise, threat, explain, require: required } = request.body;
    checkMayAsk(request, threat);
    for (const one of OF_ROWS) if (explain?.[one]) requireScope(request.caller, 'explain', `explain.${one}`);
    if (instances.length > maxInstances) {
      throw new SuretyError(
        'too_many_instances',
        `a request may have at most ${maxInstances} instances (SURETY_MAX_INSTANCES), got ${instances.length}`,
      );
    }
    const model = app.models.get(request.body.model, request.body.version);
    const { name, version, digest } = model;
    request.summary = { model: name, version, rows: instances.length };
    if (explain !== undefined) checkExplainable(model, explain, instances.length);
    const monteCarlo = request.body.monteCarlo ?? MONTE_CARLO_DEFAULTS;
    checkWork(costOfCertifying(model, { method, monteCarlo, explain }, instances.length), maxWork);
    const signal = clientSignal(reply, requestTimeoutMs);
    const each = bytesOfResult(entriesOf(model, method, explain));
    checkHoldable(instances.length, each, maxHeldBytes / 2);
    holdUntilAnswered(request, reply, instances.length * each);
    const described = await requestedThreat(request, model, threat, signal);
    const options = {
      method,
      q: noise?.q,
      monteCarlo,
      threat: described?.threat,
      requiredFlips: required?.flips,
      explain,
    };
    const began = performance.now();
    const results = await app.workers
      .certify(model, instances, options, signal, {
        account: accountOf(request),
        onBatch: request.trace?.follow(),
      })
      .finally(() => app.metrics?.certify.took(method, performance.now() - began));
    app.metrics?.certify.answered(model, method, results);
    request.summary = { ...request.summary, ...summarise(results) };
    const refused = results.filter((result) => 'error' in result);
    if (refused.length === results.length) throw allRefused(refused);
    const { classifier } = METHODS[method];
    const answer = {
      model: { name, version, digest },
      method,
      classifier,
      threat: described?.stated,
      results: results.map(withStatus),
    };
    if (!isLong(answer)) return answer;
    const write = reply.getSerializationFunction('200') as (answer: object) => string;
    return sendJson(reply, partsOf(answer, write), signal);
  });
};

/** The member by which readers of every language tell the two kinds of results. */
function withStatus(result: Certified | Refused) {
  if ('error' in result) return { status: 'refused' as const, ...result };
  return { status: 'certified' as const, ...result };
}

/** Throws a SuretyError when the results could never be held, whatever else is. */
function checkHoldable(instances: number, each: number, most: number): void {
  if (instances * each <= most) return;
  throw new SuretyError(
    'too_many_instances',
    `the results would take too much memory: for this model, method and explanations a request may have at most ${Math.floor(most / each)} instances (half of SURETY_MAX_HELD_BYTES), got ${instances}`,
  );
}

/** Entries of a result, at most: of its scores, and votes, and of lists in its explanation, which have three members each. */
function entriesOf({ classes, labels, map }: Model, method: Method, explain: ExplainOptions = {}): number {
  const { breakingSet, influentialRows = 0, reasons = 0 } = explain;
  const rows =
    Math.min(breakingSet ? MAX_NAMED_ROWS : 0, labels.length) + Math.min(influentialRows, labels.length);
  const perClass = method === 'monte-carlo' ? 2 : 1;
  return perClass * classes.length + 3 * (rows + Math.min(reasons, map.state.encodings.length));
}

/** Throws a SuretyError when the explanations could grow too large. */
function checkExplainable({ labels, map }: Model, explain: ExplainOptions, instances: number): void {
  const { breakingSet, reasons = 0, influentialRows = 0 } = explain;
  const rows = (breakingSet ? labels.length : 0) + Math.min(influentialRows, labels.length);
  const columns = Math.min(reasons, map.state.encodings.length);
  const most = Math.max(1, Math.floor(Math.min(MAX_NAMED_ROWS / rows, MAX_NAMED_COLUMNS / columns)));
  if (instances <= most) return;
  const asked = Object.entries({ breakingSet, reasons, influentialRows }).filter(([, one]) => one);
  throw new SuretyError(
    'too_many_instances',
    `with ${asked.map(([name]) => name).join(', ')} a request may have at most ${most} instances for this model, got ${instances}`,
  );
}

function summarise(results: readonly (Certified | Refused)[]): RequestSummary {
  const certified = results.filter((result) => 'prediction' in result);
  const flips = summariseFlips(certified.flatMap(({ certificate }) => certificate?.flips ?? []));
  return {
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
