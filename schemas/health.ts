import { z } from 'zod';
import { PROBE_PROBLEMS, problems } from './problem.ts';

const tags = ['health'];

export const livezSchema = {
  tags,
  operationId: 'livez',
  summary: 'Whether the process is alive',
  response: { 200: z.object({ status: z.literal('alive') }).describe('Alive'), ...problems(PROBE_PROBLEMS) },
};

export const readyzSchema = {
  tags,
  operationId: 'readyz',
  summary: 'Whether every stored model is loaded and requests are welcome',
  description:
    'Damaged models are named here and left out; the rest serve. Degraded: what is loaded serves, and what is to be read from the store, or stored, fails with 503 for now.',
  response: {
    200: z
      .object({
        status: z.enum(['ready', 'degraded']),
        reasons: z
          .array(z.string())
          .optional()
          .describe('Why it is degraded; absent when it is not')
          .meta({ examples: [['the store does not answer']] }),
        models: z.int().describe('Model versions loaded'),
        damaged: z.array(z.object({ name: z.string(), version: z.int(), reason: z.string() })),
      })
      .describe('Ready, or degraded'),
    ...problems({ ...PROBE_PROBLEMS, not_ready: '2 stored models are still being loaded' }),
  },
};
