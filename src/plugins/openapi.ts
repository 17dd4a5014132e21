import swagger, { type SwaggerTransform } from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import fp from 'fastify-plugin';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { z } from 'zod';

/** Version of the HTTP interface, as in package.json. */
const API_VERSION = '0.1.0';

const DESCRIPTION = `Certified predictions as a service. Each prediction comes with the number of training-label flips that it
provably survives: however an adversary changes at most that many labels of the training set, the prediction is the same.
A certificate says that a prediction could not have been changed by tampering with labels. It never says that the
prediction is correct.`;

/**
 * The type provider converts one body schema a route; a body with several content types is converted one by one here.
 */
const transform: SwaggerTransform = (document) => {
  const body = document.schema?.body as { content?: Record<string, { schema: unknown }> } | undefined;
  if (body?.content === undefined) return jsonSchemaTransform(document);
  const convert = (schema: unknown) =>
    (
      jsonSchemaTransform({ ...document, schema: { ...document.schema, body: schema } }).schema as {
        body: object;
      }
    ).body;
  const { body: _, ...rest } = document.schema;
  const transformed = jsonSchemaTransform({ ...document, schema: rest });
  const content = Object.fromEntries(
    Object.entries(body.content).map(([type, { schema }]) => [type, { schema: convert(schema) }]),
  );
  return { ...transformed, schema: { ...transformed.schema, body: { content } } };
};

/** OpenAPI 3.1 from the zod schemas, as /openapi.json, /openapi.yaml and Swagger UI under /docs. */
export const openapi = fp(
  async (app) => {
    await app.register(swagger, {
      openapi: {
        openapi: '3.1.0',
        info: {
          title: 'Surety',
          version: API_VERSION,
          description: DESCRIPTION,
          license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        tags: [
          {
            name: 'models',
            description: 'A model is a registered training set with its label-free settings',
          },
          { name: 'certify', description: 'Certified predictions' },
          { name: 'health', description: 'Probes' },
          { name: 'documentation', description: 'This document' },
        ],
      },
      transform,
      transformObject: jsonSchemaTransformObject,
    });
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true, displayRequestDuration: true },
    });
    const tags = ['documentation'];
    app.get(
      '/openapi.json',
      {
        schema: {
          tags,
          operationId: 'openapiJson',
          summary: 'The OpenAPI document as JSON',
          response: { 200: z.record(z.string(), z.unknown()).describe('OpenAPI 3.1') },
        },
      },
      async (_request, reply) => reply.serializer(JSON.stringify).send(app.swagger()),
    );
    app.get(
      '/openapi.yaml',
      {
        schema: {
          tags,
          operationId: 'openapiYaml',
          summary: 'The OpenAPI document as YAML',
          response: {
            200: { description: 'OpenAPI 3.1', content: { 'application/yaml': { schema: z.string() } } },
          },
        },
      },
      async (_request, reply) =>
        reply
          .type('application/yaml')
          .serializer(String)
          .send(app.swagger({ yaml: true })),
    );
  },
  { name: 'openapi' },
);
