import multipart from '@fastify/multipart';
import type { FastifyReply } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import {
  deleteModelSchema,
  deleteVersionSchema,
  getVersionSchema,
  listModelsSchema,
  listVersionsSchema,
  type ModelBody,
  type RegistrationBody,
  registerModelSchema,
} from '../schemas/models.ts';
import { type Caller, hasScope, mayName, requireModel } from '../src/caller.ts';
import { SuretyError } from '../src/errors.ts';
import { clientSignal } from '../src/http/client-signal.ts';
import { sendJson } from '../src/http/large-json/send-json.ts';
import type { DatasetLimits } from '../src/ingest/dataset.ts';
import { datasetFromFeatures, datasetFromRecords, datasetFromRows } from '../src/ingest/json.ts';
import type { Model } from '../src/model/model.ts';
import { type Registration, STALE } from '../src/registry/registry.ts';
import { uncountedWords } from '../src/threat/threat-words.ts';
import { MAX_MODEL_PART_BYTES, readUpload } from './upload.ts';

/** A form has two parts, each with a header or three. */
const FORM_LIMITS = { files: 1, fields: 1, parts: 2, headerPairs: 16, headerSize: 2 ** 13 };

/** Registered training sets. */
export const modelRoutes: FastifyPluginAsyncZod = async (app) => {
  const {
    maxRows: rows,
    maxFeatures: features,
    maxCells: cells,
    maxBodyBytes,
    requestTimeoutMs,
  } = app.config;
  const limits = { rows, features, cells };
  await app.register(multipart, {
    limits: { ...FORM_LIMITS, fieldSize: MAX_MODEL_PART_BYTES, fileSize: maxBodyBytes },
  });

  const leastFor = (caller: Caller | null) => (hasScope(caller, 'explain') ? 0 : app.config.leastCount);
  const register = { scope: 'register' } as const;
  const read = { scope: 'read' } as const;

  const registration = { schema: registerModelSchema, bodyLimit: maxBodyBytes, config: register };
  app.post('/models', registration, async (request, reply) => {
    const registration = request.isMultipart()
      ? await readUpload(request, limits, maxBodyBytes)
      : await readJson(request.body as RegistrationBody | null, request.caller, limits);
    request.summary = { model: registration.name }; // should the client go meanwhile
    const { model, created } = await app.models.register(registration);
    request.summary = { model: model.name, version: model.version, rows: model.labels.length };
    reply.header('location', `/models/${model.name}/versions/${model.version}`);
    return reply.code(created ? 201 : 200).send(describeModel(model, 0));
  });

  app.get('/models', { schema: listModelsSchema, config: read }, async ({ caller }, reply) => {
    if (app.models.loading !== 0) throw new SuretyError('not_ready', 'models are still being loaded');
    if (app.models.stale) throw new SuretyError('not_ready', STALE);
    const visible = app.models.list().filter(({ name }) => mayName(caller, name));
    return sendJson(
      reply,
      listParts('models', visible, leastFor(caller), reply),
      clientSignal(reply, requestTimeoutMs),
    );
  });

  app.get(
    '/models/:name',
    { schema: listVersionsSchema, config: read },
    async ({ params, caller }, reply) => {
      requireModel(caller, params.name);
      const versions = app.models.versions(params.name);
      return sendJson(
        reply,
        listParts('versions', versions, leastFor(caller), reply),
        clientSignal(reply, requestTimeoutMs),
      );
    },
  );

  app.get(
    '/models/:name/versions/:version',
    { schema: getVersionSchema, config: read },
    async ({ params, caller }) => {
      requireModel(caller, params.name);
      return describeModel(app.models.get(params.name, params.version), leastFor(caller));
    },
  );

  app.delete('/models/:name', { schema: deleteModelSchema, config: register }, async (request, reply) => {
    const { name } = request.params;
    requireModel(request.caller, name);
    request.summary = { model: name };
    await app.models.delete(name);
    return reply.code(204).send();
  });

  app.delete(
    '/models/:name/versions/:version',
    { schema: deleteVersionSchema, config: register },
    async (request, reply) => {
      const { name, version } = request.params;
      requireModel(request.caller, name);
      request.summary = { model: name, version };
      await app.models.delete(name, version);
      return reply.code(204).send();
    },
  );
};

/**
 * The schema has made sure that exactly one form is there, with what it needs; but it belongs to a content type, so
 * without one it has seen nothing.
 */
async function readJson(
  body: RegistrationBody | null,
  caller: Caller | null,
  limits: DatasetLimits,
): Promise<Registration> {
  if (!body) throw new SuretyError('malformed_json', 'The body is empty; expected JSON or a form');
  requireModel(caller, body.name);
  const { name, settings, threats, classes, target, columnTypes, ignore } = body;
  const options = { target: target ?? '', classes, columnTypes, ignore };
  if (body.features !== undefined) {
    const dataset = await datasetFromFeatures(body.features, body.labels ?? [], classes, limits);
    return { name, settings, threats, dataset };
  }
  const dataset =
    body.records !== undefined
      ? await datasetFromRecords(body.records, options, limits)
      : await datasetFromRows(body.columns ?? [], body.rows ?? [], options, limits);
  return { name, settings, threats, dataset };
}

/** The JSON of a list of models, one after the other: each may have thousands of columns and levels. */
function* listParts(
  member: 'models' | 'versions',
  models: readonly Model[],
  least: number,
  reply: FastifyReply,
): Generator<string> {
  const write = reply.getSerializationFunction('200') as (answer: object) => string;
  const [head, tail] = [`{"${member}":[`, ']}'];
  yield head;
  for (const [k, model] of models.entries()) {
    const one = write({ [member]: [describeModel(model, least)] });
    yield (k === 0 ? '' : ',') + one.slice(head.length, -tail.length);
  }
  yield tail;
}

/** `least`: rows of a class that are told, at least. */
function describeModel(model: Model, least: number): ModelBody {
  const { name, version, digest, createdAt, classes, counts, manifest, settings, lambda, warnings } = model;
  return {
    name,
    version,
    digest,
    createdAt,
    rows: model.labels.length,
    features: model.map.width,
    classes: classes.map((className, label) => ({
      name: className,
      rows: counts[label]! < least ? null : counts[label]!,
    })),
    columns: (manifest.columns ?? []).map(({ name: columnName, type, levels, ignored }) =>
      ignored ? { name: columnName, type, ignored } : { name: columnName, type, ...(levels && { levels }) },
    ),
    settings: { ...settings, lambda: { ...settings.lambda, absolute: lambda } },
    ...(manifest.threats && {
      threats: Object.entries(manifest.threats).map(([threat, stated]) => ({
        name: threat,
        description: uncountedWords(stated, classes),
      })),
    }),
    warnings: [...warnings],
  };
}
