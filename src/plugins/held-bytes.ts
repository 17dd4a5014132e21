import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { SuretyError } from '../errors.ts';
import { accountOf } from '../http/account.ts';
import { ByteAccount } from '../process/byte-account.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What requests hold of the memory: parts of bodies that cannot be parsed yet, and results on their way out. */
    heldBytes: ByteAccount;
  }
}

/** One account of bytes for the whole process, of which a caller has half. */
export const heldBytes = fp<{ most: number }>(
  async (app, { most }) => {
    app.decorate('heldBytes', new ByteAccount(most));
  },
  { name: 'held-bytes' },
);

/** What one request holds, of one kind. */
export class Holding {
  readonly #account: ByteAccount;
  readonly #caller: string;
  #bytes = 0;

  constructor(request: FastifyRequest) {
    this.#account = request.server.heldBytes;
    this.#caller = accountOf(request);
  }

  /** Throws 503 `overloaded` when the bytes would be too many, for all or for the caller. */
  set(bytes: number): void {
    if (this.#account.take(this.#caller, bytes - this.#bytes)) this.#bytes = bytes;
    else
      throw new SuretyError(
        'overloaded',
        'Too much of requests, or of answers, is held until the rest is there or taken (SURETY_MAX_HELD_BYTES); try again, or ask for less at a time',
      );
  }
}

/** Holds so many bytes until the answer has been taken, or its client has gone. Throws as `Holding`. */
export function holdUntilAnswered(request: FastifyRequest, reply: FastifyReply, bytes: number): void {
  const holding = new Holding(request);
  holding.set(bytes);
  reply.raw.once('close', () => holding.set(0));
}
