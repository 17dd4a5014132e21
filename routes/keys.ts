import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createKeySchema, type KeyBody, listKeysSchema, revokeKeySchema } from '../schemas/keys.ts';
import type { KeyInfo } from '../src/access/new-key.ts';

/** API keys. They are shown without their secrets, except the answer to the request that makes them. */
export const keyRoutes: FastifyPluginAsyncZod = async (app) => {
  const config = { scope: 'admin' } as const;

  app.post('/keys', { schema: createKeySchema, config }, async (request, reply) => {
    const { name, scopes, models = null, expiresAt = null } = request.body;
    const { key, info } = await app.keys.create({ name, scopes, models, expiresAt });
    request.summary = { key: info.id };
    return reply.code(201).send({ ...describeKey(info), key });
  });

  app.get('/keys', { schema: listKeysSchema, config }, async () => ({
    keys: (await app.keys.list()).map(describeKey),
  }));

  app.delete('/keys/:id', { schema: revokeKeySchema, config }, async (request, reply) => {
    const { id } = request.params;
    await app.keys.revoke(id);
    request.summary = { key: id };
    return reply.code(204).send();
  });
};

function describeKey({ scopes, models, ...info }: KeyInfo): KeyBody {
  return { ...info, scopes: [...scopes], models: models && [...models] };
}
