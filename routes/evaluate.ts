import accepts from '@fastify/accepts';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { evaluateSchema } from '../schemas/evaluate.ts';
import { SuretyError } from '../src/errors.ts';
import { evaluate } from '../src/models/evaluate.ts';
import { evaluationsOf } from '../src/models/evaluations.ts';
import { readTestSet } from '../src/models/test-set.ts';
import { clientSignal } from '../src/plugins/client-signal.ts';
import { eventStream, type Task } from '../src/plugins/event-stream.ts';
import { problemOf } from '../src/plugins/problem-details.ts';

const MEDIA_TYPES = ['application/json', 'image/svg+xml', 'text/event-stream'];

/** Certified accuracy on a labelled test set. */
export const evaluateRoutes: FastifyPluginAsyncZod = async (app) => {
  const maxInstances = 10 * app.config.maxInstances;
  await app.register(accepts);

  app.post('/evaluate', { schema: evaluateSchema }, async (request, reply) => {
    const type = request.accepts().type(MEDIA_TYPES);
    if (type === false) {
      throw new SuretyError('not_acceptable', `Expected Accept to allow one of ${MEDIA_TYPES.join(', ')}`);
    }
    const { instances, labels, compare, ...shared } = request.body;
    if (instances.length > maxInstances) {
      throw new SuretyError(
        'too_many_instances',
        `an evaluation may have at most ${maxInstances} instances (10 x SURETY_MAX_INSTANCES), got ${instances.length}`,
      );
    }
    const model = app.models.get(shared.model, shared.version);
    request.summary = { model: model.name, version: model.version, rows: instances.length };
    const evaluations = evaluationsOf(model, shared, compare);
    const signal = clientSignal(reply);
    const test = await readTestSet(model, instances, labels, signal);

    if (type === 'text/event-stream') {
      const task: Task = (report) => {
        const onProgress = (done: number, total: number) => report({ done, total });
        return evaluate(model, test, evaluations, { onProgress }, signal);
      };
      reply.type(type).header('cache-control', 'no-store').header('x-accel-buffering', 'no');
      return reply.send(eventStream(task, (error) => problemOf(error, request)));
    }
    const report = await evaluate(model, test, evaluations, {}, signal);
    if (type === 'application/json') return reply.send(report);
    // Only those who draw pay for the charts: half a second and some memory.
    const { certifiedAccuracyFigure } = await import('../src/figure/certified-accuracy-figure.ts');
    const figure = certifiedAccuracyFigure({ ...report, trainingRows: model.labels.length });
    return reply.type('image/svg+xml; charset=utf-8').serializer(String).send(figure);
  });
};
