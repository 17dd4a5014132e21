// The least that any Fastify service does for such a request: the same schemas check the body and write the answer, which
// is always the same one.
import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { certifySchema } from '../../schemas/certify.ts';

const answer: unknown = JSON.parse(process.env.BARE_ANSWER!);
const app = Fastify();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.get('/livez', async () => 'alive');
app.post('/certify', { schema: certifySchema }, async () => answer);
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
