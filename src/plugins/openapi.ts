import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifySchema } from 'fastify';
import fp from 'fastify-plugin';
import type { OpenAPIV3_1 } from 'openapi-types';
import { z } from 'zod';
import { COMMON_PROBLEMS, problems } from '../../schemas/problem.ts';
import type { Scope } from '../caller.ts';
import { transform, transformObject } from './openapi-document/document.ts';
import { inVersion30 } from './openapi-document/version-3.0.ts';

/** Version of the HTTP interface, as in package.json. */
const API_VERSION = '0.1.0';

const UI_PREFIX = '/docs';

const DESCRIPTION = [
  'Certified predictions as a service. Each prediction comes with the number of training-label flips that it provably',
  'survives: however an adversary changes at most that many labels of the training set, the prediction is the same',
  '(where it was found by sampling, with the confidence asked for).',
  'A certificate says that a prediction could not have been changed by tampering with labels. It never says that the',
  'prediction is correct.',
  'Every error is problem details (schema Problem) with one of the codes that its status lists; docs/errors.md says what',
  'each means.',
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

/** An operation fits a screen: documented errors show their codes alone, examples their first lines. */
const PAGE_STYLE = `
.swagger-ui .topbar, .swagger-ui .response-col_links, .swagger-ui .headers__title, .swagger-ui .headers thead,
.swagger-ui .response:is([data-code^="4"], [data-code^="5"]) .response-col_description__inner ~ * { display: none }
.swagger-ui .response[data-code] > td { padding: 4px 0 }
.swagger-ui .response[data-code] .headers td { padding: 0 1em 2px 0; vertical-align: baseline }
.swagger-ui .responses-inner { padding: 8px 20px }
.swagger-ui .response[data-code] :is(.response-controls, .model-example) { padding: 0; margin: 0 }
.swagger-ui .response[data-code] p { margin: 0 }
.swagger-ui .response[data-code] .microlight { max-height: 12em; min-height: 0 }
`;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** A page for people, or a part of one. */
    page?: true;
  }
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
 * OpenAPI 3.1 from the zod schemas, as /openapi.json, /openapi.yaml (/openapi-3.0.json: as 3.0) and Swagger UI under /docs. With `access`, operations say
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
          css: [{ filename: 'surety.css', content: PAGE_STYLE }],
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
    const tags = ['documentation'];
    const config = { open: true } as const;
    const document = () => app.swagger() as OpenAPIV3_1.Document;
    const yaml = once(() => app.swagger({ yaml: true }));
    const versions = [
      {
        ...{ path: '/openapi.json', version: '3.1', operationId: 'openapiJson', summary: 'as JSON' },
        text: once(() => JSON.stringify(document())),
      },
      {
        ...{
          path: '/openapi-3.0.json',
          version: '3.0',
          operationId: 'openapi30Json',
          summary: 'for older tools',
        },
        text: once(() => JSON.stringify(inVersion30(document()))),
      },
    ];
    // Before anybody waits for them: they take a tenth of a second.
    app.addHook('onListen', async () => {
      yaml();
      for (const { text } of versions) text();
    });
    for (const { path, version, operationId, summary, text } of versions) {
      const schema = {
        tags,
        operationId,
        summary: `The OpenAPI document ${summary}`,
        response: {
          200: z.record(z.string(), z.unknown()).describe(`OpenAPI ${version}`),
          ...problems(COMMON_PROBLEMS),
        },
      };
      app.get(path, { config, schema }, async (_request, reply) =>
        reply.type('application/json').serializer(String).send(text()),
      );
    }
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
      async (_request, reply) => reply.type('application/yaml').serializer(String).send(yaml()),
    );
  },
  { name: 'openapi' },
);

/** A text that is made when it is first asked for. */
function once(make: () => string): () => string {
  let text: string | undefined;
  return () => {
    text ??= make();
    return text;
  };
}
