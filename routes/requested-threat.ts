import type { FastifyRequest } from 'fastify';
import { hasScope, MissingScopeError, requireScope } from '../src/caller.ts';
import type { Model } from '../src/model/model.ts';
import type { Threat } from '../src/model/threat.ts';
import { compileThreat, type DescribedThreat, namedThreat } from '../src/threat/compile-threat.ts';

/** The `threat` of a request: the name of one that was registered with the model, or one of the caller's own. */
export type AskedThreat = string | Threat | undefined;

/**
 * Throws a SuretyError where the caller may not ask about rows of its own choice: how many there are, and what becomes of
 * certificates when they may be wrong, tells of each value in the training table, ignored columns too.
 */
export function checkMayAsk({ caller }: FastifyRequest, threat: AskedThreat): void {
  if (typeof threat === 'object') requireScope(caller, 'explain', 'a threat that is not registered');
}

/**
 * The threat that a request asks for, compiled. Throws as `compileThreat`, and a SuretyError where it is about so few rows
 * that the caller may not be told of them.
 */
export async function requestedThreat(
  { caller, server: { models, config } }: FastifyRequest,
  model: Model,
  threat: AskedThreat,
  signal: AbortSignal,
): Promise<DescribedThreat | undefined> {
  if (threat === undefined) return undefined;
  const asked = typeof threat === 'string' ? namedThreat(model, threat) : threat;
  const described = await compileThreat(models, model, asked, signal);
  if (described.stated.rows >= config.leastCount || hasScope(caller, 'explain')) return described;
  throw new MissingScopeError(
    'explain',
    `a threat to fewer than ${config.leastCount} labels (SURETY_LEAST_COUNT)`,
  );
}
