import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { certifyRoutes } from '../routes/certify.ts';
import { evaluateRoutes } from '../routes/evaluate.ts';
import { healthRoutes } from '../routes/health.ts';
import { modelRoutes } from '../routes/models.ts';
import { votesRoutes } from '../routes/votes.ts';
import type { Config } from './config.ts';
import { ModelRegistry } from './models/registry.ts';
import { WorkerThreads } from './models/threads/worker-threads.ts';
import { bodyLimits } from './plugins/body-limits.ts';
import { cors } from './plugins/cors.ts';
import { drain } from './plugins/drain.ts';
import { HTTP_OPTIONS, httpServer } from './plugins/http-server.ts';
import { jsonBody } from './plugins/json-body.ts';
import { openapi } from './plugins/openapi.ts';
import { overload } from './plugins/overload.ts';
import { answerParserError } from './plugins/parser-errors.ts';
import { answerFrameworkError, problemDetails, SMALL_BODY_BYTES } from './plugins/problem-details.ts';
import { rateLimit } from './plugins/rate-limit.ts';
import { RequestLog } from './plugins/request-log.ts';
import { securityHeaders } from './plugins/security-headers.ts';
import type { Store } from './store/store.ts';

declare module 'fastify' {
  interface FastifyInstance {
    config: Config;
    models: ModelRegistry;
  }
}

/**
 * Builds the application on a store; it neither brings the store up to date, nor loads models (`app.models.load`), nor
 * listens. Closing it closes the store. With `tls`, it speaks HTTPS only.
 */
export async function buildApp(
  config: Config,
  store: Store,
  logger: Logger,
  tls: SecureContextOptions | null = null,
): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: logger,
    logController: new RequestLog(),
    ...(tls === null ? { http: HTTP_OPTIONS } : { https: { ...HTTP_OPTIONS, ...tls } }),
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    bodyLimit: Math.min(SMALL_BODY_BYTES, config.maxBodyBytes),
    requestTimeout: 300_000,
    clientErrorHandler: answerParserError,
    return503OnClosing: false,
    genReqId: requestId,
    frameworkErrors: answerFrameworkError,
    routerOptions: { maxParamLength: 200 },
  }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const { maxRows, maxFeatures, maxCells, workers, maxQueued } = config;
  const limits = { rows: maxRows, features: maxFeatures, cells: maxCells };
  const models = new ModelRegistry(store.models, limits, new WorkerThreads(workers, maxQueued));
  app.decorate('config', config);
  app.decorate('models', models);
  app.decorateRequest('summary', null);
  app.decorateRequest('caller', null);
  app.addHook('onClose', async () => {
    await models.close();
    await store.close();
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  await app.register(drain);
  await app.register(problemDetails);
  await app.register(securityHeaders, { tls: tls !== null });
  await app.register(httpServer);
  await app.register(cors, { origins: config.corsOrigins });
  await app.register(overload, { maxEventLoopDelayMs: config.maxEventLoopDelayMs });
  await app.register(rateLimit, { requests: config.rateLimit, failures: config.authFailureLimit });
  // Access control belongs here: before it, what answers without asking who it is.
  await app.register(bodyLimits);
  await app.register(jsonBody);
  await app.register(openapi);
  await app.register(healthRoutes);
  await app.register(modelRoutes);
  await app.register(certifyRoutes);
  await app.register(evaluateRoutes);
  await app.register(votesRoutes);
  return app;
}

/** A caller's own request id, where it is one that can safely be logged; else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}
