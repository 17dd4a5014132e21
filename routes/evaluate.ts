import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { MONTE_CARLO_DEFAULTS } from '../schemas/certify.ts';
import { evaluateSchema } from '../schemas/evaluate.ts';
import { requireModel } from '../src/caller.ts';
import { SuretyError } from '../src/errors.ts';
import { costOfEvaluating, type EvaluateOptions, evaluate } from '../src/evaluate/evaluate.ts';
import { requestedEvaluations } from '../src/evaluate/requested-evaluations.ts';
import { readTestSet } from '../src/evaluate/test-set.ts';
import type { FigureData } from '../src/figure/figure-data.ts';
import { accountOf } from '../src/http/account.ts';
import { clientSignal } from '../src/http/client-signal.ts';
import { eventStream, type Task } from '../src/http/event-stream.ts';
import { problemOf } from '../src/http/problem.ts';
import { checkWork } from '../src/workers/cost-of-certifying.ts';
import { checkMayAsk, requestedThreat } from './requested-threat.ts';

const EVENTS = 'text/event-stream';
const MEDIA_TYPES = ['application/json', 'image/svg+xml', EVENTS];

/** Certified accuracy on a labelled test set. */
export const evaluateRoutes: FastifyPluginAsyncZod = async (app) => {
  const { maxBodyBytes: bodyLimit, requestTimeoutMs } = app.config;
  const maxInstances = 10 * app.config.maxInstances;
  const maxWork = 10 * app.config.maxWork;

  const options = { schema: evaluateSchema, bodyLimit, config: { scope: 'evaluate' } } as const;
  app.post('/evaluate', options, async (request, reply) => {
    requireModel(request.caller, request.body.model);
    checkMayAsk(request, request.body.threat);
    const type = mediaTypeFor(request);
    const { instances, labels, compare, threat, monteCarlo = MONTE_CARLO_DEFAULTS, ...shared } = request.body;
    checkCount(instances.length, maxInstances);
    const model = app.models.get(shared.model, shared.version);
    request.summary = { model: model.name, version: model.version, rows: instances.length };
    const evaluations = requestedEvaluations(model, shared, compare);
    checkWork(costOfEvaluating(model, evaluations, monteCarlo, instances.length), maxWork);
    const signal = clientSignal(reply, type === EVENTS ? undefined : requestTimeoutMs);
    const test = await readTestSet(model, instances, labels, signal);
    const described = await requestedThreat(request, model, threat, signal);
    const measure = async (onProgress?: EvaluateOptions['onProgress']) => {
      const account = accountOf(request);
      const options = { workers: app.workers, account, threat: described?.threat, monteCarlo, onProgress };
      return { ...(await evaluate(model, test, evaluations, options, signal)), threat: described?.stated };
    };

    if (type === 'application/json') return reply.send(await measure());
    if (type === 'image/svg+xml') {
      const svg = await drawn({ ...(await measure()), trainingRows: model.labels.length });
      return reply.type('image/svg+xml; charset=utf-8').serializer(String).send(svg);
    }
    const task: Task = (report) => measure((done, total) => report({ done, total }));
    reply.type(EVENTS).header('x-accel-buffering', 'no');
    return reply.send(eventStream(task, (error) => problemOf(error, request)));
  });
};

/** The form of the answer; that the client accepts one has been seen to. */
function mediaTypeFor(request: FastifyRequest): string {
  return String(request.accepts().type(MEDIA_TYPES));
}

function checkCount(count: number, most: number): void {
  if (count <= most) return;
  throw new SuretyError(
    'too_many_instances',
    `an evaluation may have at most ${most} instances (10 x SURETY_MAX_INSTANCES), got ${count}`,
  );
}

/** Only those who draw pay for the charts: half a second and some memory. */
async function drawn(data: FigureData): Promise<string> {
  const { certifiedAccuracyFigure } = await import('../src/figure/certified-accuracy-figure.ts');
  return certifiedAccuracyFigure(data);
}
