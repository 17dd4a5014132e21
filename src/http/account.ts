import type { FastifyRequest } from 'fastify';

/** On whose account a request is, what it holds and what it asks for: its caller's, or, without one, its address's. */
export function accountOf({ caller, ip }: FastifyRequest): string {
  return caller?.id ?? ip;
}
