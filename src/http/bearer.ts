import type { FastifyRequest } from 'fastify';
import { MissingScopeError } from '../caller.ts';
import type { SuretyError } from '../errors.ts';

const REALM = 'Bearer realm="surety"';

/** The token of an `Authorization: Bearer` header, undefined where there is none. */
export function bearerToken({ headers }: FastifyRequest): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
}

/** WWW-Authenticate for an answer that asks for other credentials (RFC 6750, section 3). */
export function challenge(error: SuretyError, request: FastifyRequest): string {
  if (error.code === 'unauthenticated')
    return bearerToken(request) === undefined ? REALM : `${REALM}, error="invalid_token"`;
  const { scope } = request.routeOptions.config;
  const needed = error instanceof MissingScopeError ? `${scope} ${error.scope}` : scope;
  return `${REALM}, error="insufficient_scope", scope="${needed}"`;
}
