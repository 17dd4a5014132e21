import { z } from 'zod';
import { CALLER_PROBLEMS, needsScope, PROBE_PROBLEMS, problems } from './problem.ts';

export const metricsSchema = {
  tags: ['metrics'],
  operationId: 'metrics',
  summary: 'Metrics for Prometheus',
  description:
    'docs/observability.md has a table of them. SURETY_METRICS opens this address to everybody, or takes it away.',
  response: {
    200: {
      description: 'The text format of Prometheus',
      content: { 'text/plain': { schema: z.string() } },
    },
    ...problems({
      ...PROBE_PROBLEMS,
      ...CALLER_PROBLEMS,
      ...needsScope('read'),
      rate_limited: 'At most 300 failed authentications a minute are answered; try again after Retry-After',
    }),
  },
};
