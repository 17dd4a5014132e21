import { SuretyError } from './errors.ts';

/** What a caller may ask for; each route needs one of them, and none implies another. */
export const SCOPES = ['register', 'certify', 'explain', 'evaluate', 'read', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who sends a request, once it has shown an API key or a token. */
export interface Caller {
  /** Stands in the log and counts against the rate limit; no secret. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  /** Models that the caller may name; null: all. */
  readonly models: readonly string[] | null;
}

/**
 * A caller from what a key or token says. Scopes that are not ours are left out, and `admin` too where models are
 * limited: who makes keys could make one without the limit.
 */
export function makeCaller(id: string, scopes: readonly string[], models: readonly string[] | null): Caller {
  const own = SCOPES.filter((scope) => scopes.includes(scope) && !(scope === 'admin' && models !== null));
  return { id, scopes: own, models };
}

/** Whether the caller may name the model; without a caller access control is off. */
export function mayName(caller: Caller | null, model: string): boolean {
  return !caller?.models || caller.models.includes(model);
}

/**
 * Throws a SuretyError unless the caller may name the model. Comes before the model is looked up, so that the answer is
 * the same whether there is one or not.
 */
export function requireModel(caller: Caller | null, model: string): void {
  if (mayName(caller, model)) return;
  throw new SuretyError('forbidden', 'the key or token is limited to other models');
}

/** A part of a request needs a scope besides that of its route. */
export class MissingScopeError extends SuretyError {
  readonly scope: Scope;

  constructor(scope: Scope, part: string) {
    super('forbidden', `${part} needs a key or token with the scope '${scope}'`);
    this.scope = scope;
  }
}

/** Whether the caller has the scope; without a caller access control is off. */
export function hasScope(caller: Caller | null, scope: Scope): boolean {
  return caller === null || caller.scopes.includes(scope);
}

/** Throws a MissingScopeError unless the caller has a scope that a part of a request needs besides that of its route. */
export function requireScope(caller: Caller | null, scope: Scope, part: string): void {
  if (hasScope(caller, scope)) return;
  throw new MissingScopeError(scope, part);
}

/** Throws a SuretyError where the caller is limited to some models, for what speaks of all of them. */
export function requireEveryModel(caller: Caller | null): void {
  if (caller?.models) throw new SuretyError('forbidden', 'the key or token is limited to some models');
}
