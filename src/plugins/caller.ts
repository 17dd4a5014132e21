/** What a caller may ask for; each route needs one of them. */
export const SCOPES = ['register', 'certify', 'evaluate', 'read', 'admin'] as const;

export type Scope = (typeof SCOPES)[number];

/** Who sends a request, once it has shown an API key or a token. */
export interface Caller {
  /** Stands in the log and counts against the rate limit; no secret. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  /** Models that the caller may name; null: all. */
  readonly models: readonly string[] | null;
}

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
