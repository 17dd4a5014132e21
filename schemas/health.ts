import { z } from 'zod';
import { PROBE_PROBLEMS, PROTECTED_PROBLEMS, problems } from './problem.ts';

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
    'Damaged models are named here and left out; the rest serve. Degraded: what is loaded serves, and what needs the store fails with 503 for now.',
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

export const metricsSchema = {
  tags,
  operationId: 'metrics',
  summary: 'Metrics for Prometheus',
  description:
    'docs/observability.md has a table of them. SURETY_METRICS opens this address to everybody, or takes it away.',
  response: {
    200: {
      description: 'The text format of Prometheus',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...problems({ ...PROTECTED_PROBLEMS, forbidden: "This needs a key or token with the scope 'read'" }),
  },
};
