import type { SwaggerTransform, SwaggerTransformObject } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { putDefaultsIntoWords } from './defaults-in-words.ts';
import { addDiscriminators } from './discriminators.ts';
import { addIntegerFormats } from './integer-formats.ts';
import { addHeaders } from './response-headers.ts';
import { SCHEMAS, type Schema } from './schemas.ts';
import { shareErrors } from './shared-errors.ts';

type Contents = Record<string, { schema?: unknown; examples?: unknown }>;
type Answer = { content?: Contents; headers?: object };

/**
 * The type provider converts one body schema a route and drops examples and headers of responses: a body with
 * several content types is converted one by one here, and they are put back.
 */
export const transform: SwaggerTransform = (document) => {
  if (document.schema?.hide) return jsonSchemaTransform(document);
  const { body, ...rest } = (document.schema ?? {}) as { body?: { content?: Contents }; response?: object };
  const convert = (schema: object) => jsonSchemaTransform({ ...document, schema }).schema as FastifySchema;
  const converted = convert(body?.content === undefined ? (document.schema ?? {}) : rest);
  for (const [status, response] of Object.entries(rest.response ?? {})) {
    const { content, headers } = response as Answer;
    const answer = (converted.response as Record<string, Answer>)[status]!;
    if (headers !== undefined) answer.headers = headers;
    for (const [type, { examples }] of Object.entries(content ?? {})) {
      if (examples !== undefined) answer.content![type]!.examples = examples;
    }
  }
  if (body?.content === undefined) return { schema: converted, url: document.url };
  const content = Object.fromEntries(
    Object.entries(body.content).map(([type, { schema }]) => [
      type,
      { schema: convert({ body: schema }).body },
    ]),
  );
  return { schema: { ...converted, body: { content } }, url: document.url };
};

/**
 * Named schemas become components. The provider writes each twice: as `Name` what is answered, as `NameInput` what may be sent,
 * whichever of them the document refers to. Those are kept that it does refer to, under the plain name where that is free.
 */
export const transformObject: SwaggerTransformObject = (document) => {
  const transformed = jsonSchemaTransformObject(document) as OpenAPIV3_1.Document;
  // A copy without shared objects, which YAML would write as anchors.
  const copy: OpenAPIV3_1.Document = JSON.parse(JSON.stringify(transformed), withoutNoise);
  const schemas = { ...copy.components?.schemas, ...namedRequests(copy.paths ?? {}) };
  const used = referredTo(copy.paths, schemas);
  const nameOf = (name: string) => {
    const plain = name.replace(/Input$/, '');
    return used.has(plain) ? name : plain;
  };
  const kept = Object.entries(schemas).filter(([name]) => used.has(name));
  copy.components = {
    ...copy.components,
    schemas: Object.fromEntries(kept.map(([name, schema]) => [nameOf(name), schema])),
  };
  const named: OpenAPIV3_1.Document = JSON.parse(JSON.stringify(copy), (key, value) =>
    key === '$ref' && typeof value === 'string' ? SCHEMAS + nameOf(value.slice(SCHEMAS.length)) : value,
  );
  const components = named.components!.schemas as Record<string, Schema>;
  addDiscriminators(named, components);
  putDefaultsIntoWords(components);
  addHeaders(named);
  shareErrors(named);
  addIntegerFormats(named);
  return named;
};

type Media = { schema?: object };

/** Takes the schemas of bodies out of the operations, each with a name of its own, which generated clients call it by. */
function namedRequests(paths: OpenAPIV3_1.PathsObject): Record<string, object> {
  const named: Record<string, object> = {};
  for (const item of Object.values(paths)) {
    for (const { operationId, requestBody } of Object.values(item ?? {}) as OpenAPIV3_1.OperationObject[]) {
      const content = (requestBody as { content?: Record<string, Media> } | undefined)?.content ?? {};
      for (const [type, media] of Object.entries(content)) {
        if (media.schema === undefined || '$ref' in media.schema) continue;
        const kind = type === 'multipart/form-data' ? 'Form' : 'Request';
        const name = `${operationId![0]!.toUpperCase()}${operationId!.slice(1)}${kind}`;
        named[name] = media.schema;
        media.schema = { $ref: SCHEMAS + name };
      }
    }
  }
  return named;
}

/** The names of the schemas that a part of the document leads to. */
function referredTo(part: unknown, schemas: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  JSON.stringify(part, function visit(key, value) {
    if (key !== '$ref' || typeof value !== 'string' || !value.startsWith(SCHEMAS)) return value;
    const name = value.slice(SCHEMAS.length);
    if (!found.has(name)) {
      found.add(name);
      JSON.stringify(schemas[name], visit);
    }
    return value;
  });
  return found;
}

/**
 * Leaves out what zod adds for the engine's sake: the range of safe integers and a page-long pattern for
 * dates.
 */
function withoutNoise(this: { format?: unknown }, key: string, value: unknown): unknown {
  const noise =
    (key === 'maximum' && value === Number.MAX_SAFE_INTEGER) ||
    (key === 'minimum' && value === Number.MIN_SAFE_INTEGER) ||
    (key === 'pattern' && this.format === 'date-time');
  return noise ? undefined : value;
}
