import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import type { KeyRing } from '../access/key-ring.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Caller, Scope } from '../caller.ts';
import { SuretyError } from '../errors.ts';
import { bearerToken } from './bearer.ts';
import { discardBody } from './discard-body.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on open routes, and where access control is off. */
    caller: Caller | null;
  }

  interface FastifyContextConfig {
    /** What a caller of this route needs; a route has this, or is open. */
    scope?: Scope;
    /** Open to everybody. */
    open?: true;
  }
}

export interface AccessOptions {
  readonly keys: KeyRing;
  /** Null where tokens are not accepted. */
  readonly tokens: TokenVerifier | null;
  /** False: everybody may do everything. */
  readonly on: boolean;
}

/**
 * Access control: before a body is read, each request but those of open routes must show a key or token with the route's
 * scope; so must one for an address that is not there. Whether access control is on or off, a route that declares neither
 * a scope nor that it is open stops the start.
 */
export const access = fp<AccessOptions>(
  async (app, { keys, tokens, on }) => {
    app.decorateRequest('caller', null);
    requireDeclarations(app);
    if (!on) return;

    const callerOf = (request: FastifyRequest): Caller | null | Promise<Caller | null> => {
      const token = bearerToken(request);
      if (token === undefined) return null;
      if (token.startsWith('surety_')) return keys.callerOf(token);
      return tokens === null ? null : tokens.callerOf(token);
    };

    // With callbacks: a key is checked at once, and waiting for nothing costs more than checking it.
    app.addHook('onRequest', (request, reply, done) => {
      const { open, scope } = request.routeOptions.config;
      if (open) return done();
      const refuse = (refusal: SuretyError) => {
        discardBody(request, reply);
        done(refusal);
      };
      const settle = (caller: Caller | null) => {
        request.caller = caller;
        const refusal = refusalOf(request, scope);
        if (refusal === undefined) done();
        else refuse(refusal);
      };
      const caller = callerOf(request);
      if (caller instanceof Promise) caller.then(settle, refuse);
      else settle(caller);
    });
  },
  { name: 'access' },
);

function refusalOf({ caller, is404 }: FastifyRequest, scope: Scope | undefined): SuretyError | undefined {
  if (caller === null) {
    return new SuretyError('unauthenticated', 'Expected Authorization: Bearer, and a valid API key or token');
  }
  if (is404 || (scope !== undefined && caller.scopes.includes(scope))) return undefined;
  return new SuretyError('forbidden', `This needs a key or token with the scope '${scope}'`);
}

/** Closed by default: what was forgotten is found at the start. */
function requireDeclarations(app: FastifyInstance): void {
  const routes: RouteOptions[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  app.addHook('onReady', async () => {
    const undeclared = routes.filter(
      ({ config }) => (config?.scope === undefined) === (config?.open !== true),
    );
    const names = undeclared.map(({ method, url }) => `${method} ${url}`);
    if (names.length > 0) throw new Error(`expected either a scope or open: true in the config of ${names}`);
  });
}
