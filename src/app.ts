import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { SecureContextOptions } from 'node:tls';
import Fastify, { type FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { certifyRoutes } from '../routes/certify.ts';
import { evaluateRoutes } from '../routes/evaluate.ts';
import { healthRoutes } from '../routes/health.ts';
import { keyRoutes } from '../routes/keys.ts';
import { metricsRoutes } from '../routes/metrics.ts';
import { modelRoutes } from '../routes/models.ts';
import { votesRoutes } from '../routes/votes.ts';
import { KeyRing } from './access/key-ring.ts';
import { TokenVerifier } from './access/token-verifier.ts';
import type { Config } from './config/config.ts';
import { answerParserError } from './http/parser-errors.ts';
import { answerFrameworkError } from './http/problem.ts';
import { RequestLog } from './http/request-log.ts';
import { Metrics } from './metrics/metrics.ts';
import { acceptable } from './plugins/acceptable.ts';
import { access, scopes } from './plugins/access.ts';
import { bodyLimits, SMALL_BODY_BYTES } from './plugins/body-limits.ts';
import { connections } from './plugins/connections.ts';
import { cors } from './plugins/cors.ts';
import { heldBytes } from './plugins/held-bytes.ts';
import { HTTP_OPTIONS, httpServer, REQUEST_TIMEOUT_MS } from './plugins/http-server.ts';
import { jsonBody } from './plugins/json-body.ts';
import { knownQuery } from './plugins/known-query.ts';
import { openapi } from './plugins/openapi.ts';
import { overload } from './plugins/overload.ts';
import { problemDetails } from './plugins/problem-details.ts';
import { failureLimit, requestLimit } from './plugins/rate-limit.ts';
import { securityHeaders } from './plugins/security-headers.ts';
import { whyNotReady } from './registry/readiness.ts';
import { ModelRegistry } from './registry/registry.ts';
import { reportFailures } from './store/report-failures.ts';
import type { Store } from './store/store.ts';
import { Workers } from './workers/workers.ts';

declare module 'fastify' {
  interface FastifyInstance {
    config: Config;
    models: ModelRegistry;
    workers: Workers;
    store: Store;
    keys: KeyRing;
    /** Null where they are off. */
    metrics: Metrics | null;
  }
}

/**
 * Builds the application on a store, whose changes by other processes it follows once its models are loaded; it neither brings
 * the store up to date, nor loads keys and models (`app.keys.load`, `app.models.load`), nor listens. Closing it closes the
 * store. With `tls`, it speaks HTTPS only.
 */
export async function buildApp(
  config: Config,
  store: Store,
  logger: Logger,
  tls: SecureContextOptions | null = null,
): Promise<FastifyInstance> {
  const metrics = config.metrics === 'off' ? null : new Metrics();
  const app = Fastify({
    // @fastify/multipart logs the headers of a form, credentials and all
    loggerInstance: logger.child({}, { redact: { paths: ['busboyOptions.headers'], remove: true } }),
    logController: new RequestLog(metrics?.requestDone),
    ...(tls === null ? { http: HTTP_OPTIONS } : { https: { ...HTTP_OPTIONS, ...tls } }),
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    bodyLimit: Math.min(SMALL_BODY_BYTES, config.maxBodyBytes),
    requestTimeout: REQUEST_TIMEOUT_MS,
    pluginTimeout: 0, // is counted by the time of day; no plugin waits for anything outside of the process
    clientErrorHandler: answerParserError,
    return503OnClosing: false,
    genReqId: requestId,
    frameworkErrors: answerFrameworkError,
    routerOptions: { maxParamLength: 200 },
  }) as unknown as FastifyInstance;
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const { maxRows, maxFeatures, maxCells, maxModels, maxModelBytes, maxQueued } = config;
  const limits = {
    rows: maxRows,
    features: maxFeatures,
    cells: maxCells,
    versions: maxModels,
    bytes: maxModelBytes,
  };
  const workers = new Workers(config.workers, maxQueued, { observer: metrics ?? undefined });
  const reported = <Part extends object>(part: Part, of = ''): Part =>
    metrics === null ? part : reportFailures(part, (operation) => metrics.storeFailed(`${of}${operation}`));
  const { maxStalenessMs } = config;
  const isStale = () => maxStalenessMs > 0 && store.silentMs > maxStalenessMs;
  const models = new ModelRegistry(
    reported(store.models),
    limits,
    workers,
    {
      damaged: (damage) => logger.error(damage, 'model is damaged and left out'),
      arrived: (version) => logger.info(version, 'model of another replica is loaded'),
      gone: (version) => logger.info(version, 'model was deleted by another replica'),
      lost: (err) => logger.error({ err }, 'the store cannot be followed'),
    },
    isStale,
  );
  store.watch(() => void models.refresh());
  metrics?.watch({
    models,
    mostModels: maxModels,
    mostBytes: maxModelBytes,
    waiting: () => workers.waiting,
    ready: () => whyNotReady(app) === null,
    storeAvailable: () => store.outage === null,
  });
  app.decorate('config', config);
  app.decorate('store', store);
  app.decorate('models', models);
  app.decorate('workers', workers);
  const keys = new KeyRing(reported(store.keys, 'keys.'), logger);
  app.decorate('keys', keys);
  app.decorate('metrics', metrics);
  app.decorateRequest('summary', null);
  app.decorateRequest('trace', null);
  app.addHook('onClose', async () => {
    keys.close();
    models.close();
    await workers.close();
    await store.close();
  });

  await app.register(connections);
  if (config.traces !== null) {
    const { tracing } = await import('./plugins/tracing.ts');
    await app.register(tracing, config.traces);
  }
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  await app.register(problemDetails);
  await app.register(securityHeaders, { tls: tls !== null });
  await app.register(httpServer);
  await app.register(cors, { origins: config.corsOrigins });
  await app.register(overload, { maxEventLoopDelayMs: config.maxEventLoopDelayMs });
  await app.register(failureLimit, { failures: config.authFailureLimit });
  const tokens = config.tokens && new TokenVerifier(config.tokens, logger);
  await app.register(access, { keys, tokens, on: config.auth, loopbackOnly: config.loopbackOnly });
  await app.register(requestLimit, { requests: config.rateLimit });
  await app.register(scopes, { on: config.auth });
  await app.register(knownQuery);
  await app.register(acceptable);
  await app.register(bodyLimits);
  await app.register(heldBytes, { most: config.maxHeldBytes });
  await app.register(jsonBody);
  await app.register(openapi, { access: config.auth });
  await app.register(healthRoutes);
  await app.register(metricsRoutes);
  await app.register(modelRoutes);
  await app.register(certifyRoutes);
  await app.register(evaluateRoutes);
  await app.register(votesRoutes);
  // Without access control anybody could make a key that is still good when it is on again.
  if (config.auth) await app.register(keyRoutes);
  return app;
}

/** A caller's own request id, where it is one that can safely be logged; else a new one. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
}
