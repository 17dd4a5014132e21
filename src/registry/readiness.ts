import { type ModelRegistry, STALE } from './registry.ts';

/** Why the process should be sent no requests, in words for an operator; null when it should. */
export function whyNotReady(process: {
  readonly draining: boolean;
  readonly models: ModelRegistry;
}): string | null {
  const { loading } = process.models;
  if (process.draining) return 'the service is stopping';
  if (process.models.stale) return STALE;
  if (loading === undefined) return 'the store has not answered yet';
  if (loading > 0) return `${loading} stored models are still being loaded`;
  return null;
}
