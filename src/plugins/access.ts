import type {
  DoneFuncWithErrOrRes,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteOptions,
} from 'fastify';
import fp from 'fastify-plugin';
import type { KeyRing } from '../access/key-ring.ts';
import type { TokenVerifier } from '../access/token-verifier.ts';
import type { Caller, Scope } from '../caller.ts';
import { isLoopback } from '../config/loopback.ts';
import { SuretyError } from '../errors.ts';
import { bearerToken } from '../http/bearer.ts';
import { tooMany } from './rate-limit.ts';

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
  /** Everybody on this machine, that is. */
  readonly loopbackOnly: boolean;
}

/**
 * Authentication: before a body is read, each request but those of open routes must show a valid key or token, and so must one
 * for an address that is not there. From an address with too many failures (`request.lockedOut`) keys are still looked up, and
 * tokens that were verified before; nothing is verified anew: 429. Whether access control is on or off, a route that declares
 * neither a scope nor that it is open stops the start.
 */
export const access = fp<AccessOptions>(
  async (app, { keys, tokens, on, loopbackOnly }) => {
    app.decorateRequest('caller', null);
    requireDeclarations(app);
    if (loopbackOnly) app.addHook('onRequest', refuseOtherHosts);
    if (!on) return;

    const authenticate = (request: FastifyRequest): Caller | null | Promise<Caller | null> => {
      const token = bearerToken(request);
      if (token === undefined) return null;
      if (token.startsWith('surety_')) return keys.callerOf(token);
      if (tokens === null) return null;
      return request.lockedOut === null ? tokens.callerOf(token) : tokens.rememberedCallerOf(token);
    };

    // With callbacks: a key is checked at once, and waiting for nothing costs more than checking it.
    app.addHook('onRequest', (request, reply, done) => {
      if (request.routeOptions.config.open) return done();
      const settle = (caller: Caller | null) => {
        request.caller = caller;
        if (caller !== null) return done();
        if (request.lockedOut === null) return done(unauthenticated());
        reply.header('retry-after', request.lockedOut);
        done(tooMany('This address has had too many failed authentications'));
      };
      const caller = authenticate(request);
      if (caller instanceof Promise) caller.then(settle, done);
      else settle(caller);
    });
  },
  { name: 'access', dependencies: ['failure-limit'] },
);

/** Authorisation: the caller must have the scope of the route. Register it where all requests of a caller have been counted. */
export const scopes = fp<{ on: boolean }>(
  async (app, { on }) => {
    if (!on) return;
    app.addHook('onRequest', ({ caller, is404, routeOptions }, _reply, done) => {
      const { open, scope } = routeOptions.config;
      if (open || is404 || (scope !== undefined && caller?.scopes.includes(scope))) return done();
      done(new SuretyError('forbidden', `This needs a key or token with the scope '${scope}'`));
    });
  },
  { name: 'scopes', dependencies: ['access'] },
);

/**
 * The name of any page can be made to lead to this machine (DNS rebinding); its requests are then of one origin with the
 * service, to the browser. They have that name in `Host`.
 */
function refuseOtherHosts(
  { headers, routeOptions }: FastifyRequest,
  _reply: FastifyReply,
  done: DoneFuncWithErrOrRes,
) {
  const { host } = headers;
  if (routeOptions.config.open || host === undefined) return done(); // HTTP/1.0, which no browser speaks
  if (isLoopback(URL.parse(`http://${host}`)?.hostname ?? '')) return done();
  const detail = 'With SURETY_AUTH=off the header Host must name this machine: localhost, 127.0.0.1 or [::1]';
  done(new SuretyError('foreign_origin', detail));
}

function unauthenticated(): SuretyError {
  return new SuretyError('unauthenticated', 'Expected Authorization: Bearer, and a valid API key or token');
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
