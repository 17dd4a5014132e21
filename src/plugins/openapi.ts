import helmet from '@fastify/helmet';
import swagger, { type SwaggerTransform, type SwaggerTransformObject } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { COMMON_PROBLEMS, problems } from '../../schemas/problem.ts';
import type { Scope } from '../caller.ts';

/** Version of the HTTP interface, as in package.json. */
const API_VERSION = '0.1.0';

const UI_PREFIX = '/docs';

const DESCRIPTION = [
  'Certified predictions as a service. Each prediction comes with the number of training-label flips that it provably',
  'survives: however an adversary changes at most that many labels of the training set, the prediction is the same',
  '(where it was found by sampling, with the confidence asked for).',
  'A certificate says that a prediction could not have been changed by tampering with labels. It never says that the',
  'prediction is correct.',
].join(' ');

const own = "'self'";
const none = "'none'";
/** Swagger UI may load what it is made of from this service, and call it, and nothing else. */
const PAGE_POLICY = {
  'default-src': none,
  'base-uri': none,
  'connect-src': own,
  'form-action': none,
  'frame-ancestors': none,
  'img-src': [own, 'data:'],
  'script-src': own,
  'style-src': [own, "'unsafe-inline'"], // it has a style element of its own
};

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page for people, or a part of one. */
    page?: true;
  }
}

type Contents = Record<string, { schema?: unknown; examples?: unknown }>;

/**
 * The type provider converts one body schema a route and drops examples of responses: a body with several
 * content types is converted one by one here, and the examples are put back.
 */
const transform: SwaggerTransform = (document) => {
  if (document.schema?.hide) return jsonSchemaTransform(document);
  const { body, ...rest } = (document.schema ?? {}) as { body?: { content?: Contents }; response?: object };
  const convert = (schema: object) => jsonSchemaTransform({ ...document, schema }).schema as FastifySchema;
  const converted = convert(body?.content === undefined ? (document.schema ?? {}) : rest);
  for (const [status, response] of Object.entries(rest.response ?? {})) {
    const { content } = response as { content?: Contents };
    for (const [type, { examples }] of Object.entries(content ?? {})) {
      const media = (converted.response as Record<string, { content: Contents }>)[status]!.content[type]!;
      if (examples !== undefined) media.examples = examples;
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
const transformObject: SwaggerTransformObject = (document) => {
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
  return JSON.parse(JSON.stringify(copy), (key, value) =>
    key === '$ref' && typeof value === 'string' ? SCHEMAS + nameOf(value.slice(SCHEMAS.length)) : value,
  );
};

const SCHEMAS = '#/components/schemas/';

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

const BEARER = {
  type: 'http',
  scheme: 'bearer',
  description: 'An API key (`surety_...`) or a token. docs/access.md',
} as const;

/** The operation says which scope it needs, as its route does. */
function needing(scope: Scope, schema: FastifySchema = {}): FastifySchema {
  const description = [schema.description, `Needs the scope \`${scope}\`.`].filter(Boolean).join(' ');
  return { ...schema, description, security: [{ bearer: [scope] }] };
}

/**
 * OpenAPI 3.1 from the zod schemas, as /openapi.json, /openapi.yaml and Swagger UI under /docs. With `access`, operations say
 * which scope they need.
 */
export const openapi = fp<{ access: boolean }>(
  async (app, { access }) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Surety',
          version: API_VERSION,
          description: DESCRIPTION,
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: '/', description: 'The service that gives this document' }],
        ...(access && { components: { securitySchemes: { bearer: BEARER } } }),
        tags: [
          {
            name: 'models',
            description: 'A model is a registered training set with its label-free settings',
          },
          { name: 'certify', description: 'Certified predictions' },
          { name: 'evaluate', description: 'Certified accuracy on a labelled test set' },
          { name: 'votes', description: 'Certificates for any function that its caller smooths' },
          { name: 'keys', description: 'API keys: who may do what. docs/access.md' },
          { name: 'health', description: 'Probes' },
          { name: 'metrics', description: 'What it has done and how fast. docs/observability.md' },
          { name: 'documentation', description: 'This document' },
        ],
      },
      transform,
      transformObject,
    });
    app.addHook('onRoute', (route) => {
      if (route.prefix === UI_PREFIX) route.config = { ...route.config, open: true, page: true };
      const scope = route.config?.scope;
      if (access && scope !== undefined) route.schema = needing(scope, route.schema);
      if (access && route.config?.open) route.schema = { ...route.schema, security: [] };
    });
    await app.register(async (pages) => {
      await pages.register(helmet, {
        contentSecurityPolicy: false,
        frameguard: { action: 'deny' },
        hsts: false,
      });
      await pages.register(swaggerUi, {
        routePrefix: UI_PREFIX,
        staticCSP: PAGE_POLICY,
        theme: {
          title: 'Surety',
          css: [{ filename: 'surety.css', content: '.swagger-ui .topbar { display: none }' }],
        },
        uiConfig: {
          docExpansion: 'list',
          tryItOutEnabled: true,
          displayRequestDuration: true,
          defaultModelsExpandDepth: 0,
          persistAuthorization: false,
        },
      });
    });
    // Whoever opens the service in a browser wants to know what it is.
    const front = { config: { open: true, page: true }, schema: { hide: true } } as const;
    app.get('/', front, async (_request, reply) => reply.redirect(UI_PREFIX.slice(1)));
    // Made once, before anybody waits for them: it takes a tenth of a second.
    let [json, yaml]: [string?, string?] = [];
    const makeJson = () => (json ??= JSON.stringify(app.swagger()));
    const makeYaml = () => (yaml ??= app.swagger({ yaml: true }));
    app.addHook('onListen', async () => {
      makeJson();
      makeYaml();
    });
    const tags = ['documentation'];
    const config = { open: true } as const;
    app.get(
      '/openapi.json',
      {
        config,
        schema: {
          tags,
          operationId: 'openapiJson',
          summary: 'The OpenAPI document as JSON',
          response: {
            200: z.record(z.string(), z.unknown()).describe('OpenAPI 3.1'),
            ...problems(COMMON_PROBLEMS),
          },
        },
      },
      async (_request, reply) => reply.type('application/json').serializer(String).send(makeJson()),
    );
    app.get(
      '/openapi.yaml',
      {
        config,
        schema: {
          tags,
          operationId: 'openapiYaml',
          summary: 'The OpenAPI document as YAML',
          response: {
            200: { description: 'OpenAPI 3.1', content: { 'application/yaml': { schema: z.string() } } },
            ...problems(COMMON_PROBLEMS),
          },
        },
      },
      async (_request, reply) => reply.type('application/yaml').serializer(String).send(makeYaml()),
    );
  },
  { name: 'openapi' },
);
