import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from 'jose';
import { onTestFinished } from 'vitest';
import type { TokensConfig } from '../../../src/config/config.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'surety';

type Claims = Readonly<Record<string, unknown>>;

/** An issuer of tokens of a test's own, which gives its public keys on 127.0.0.1. */
export interface Issuer {
  /** What the service is told of it. */
  readonly settings: TokensConfig;
  /** A token that is valid for an hour, but for the claims given; a claim that is undefined is left out. */
  readonly token: (claims?: Claims, header?: { alg?: string; kid?: string }) => Promise<string>;
  /** The same, unsigned. */
  readonly unsigned: (claims?: Claims) => string;
  /** The same, signed with the public key as if it were a shared secret. */
  readonly signedWithPublicKey: (claims?: Claims) => Promise<string>;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  /** Answers otherwise from now on; undefined: as it should. */
  readonly answer: (status: number | undefined, body?: string) => void;
  /** Signs with another key from now on, which stands in the set in the place of the one before. */
  readonly rotate: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export async function startIssuer(alg = 'ES256'): Promise<Issuer> {
  let pair = await generateKeyPair(alg, { extractable: true });
  let kid = 'first';
  let [asked, wrong]: [number, { status: number; body: string } | undefined] = [0, undefined];
  const publicJwk = async (): Promise<JWK> => ({ ...(await exportJWK(pair.publicKey)), kid, alg });
  const server = createServer(async (_request, response) => {
    asked++;
    const body = wrong?.body ?? JSON.stringify({ keys: [await publicJwk()] });
    response.writeHead(wrong?.status ?? 200, { 'content-type': 'application/json' }).end(body);
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  onTestFinished(stop);
  const now = () => Math.floor(Date.now() / 1000);
  const complete = (claims: Claims = {}): JWTPayload =>
    JSON.parse(
      JSON.stringify({
        ...{ iss: ISSUER, aud: AUDIENCE, sub: 'desk', iat: now(), exp: now() + 3600, scope: 'certify' },
        ...claims,
      }),
    );
  return {
    settings: {
      jwksUrl: `http://127.0.0.1:${port}/jwks`,
      issuer: ISSUER,
      audience: AUDIENCE,
      scopeClaim: 'scope',
    },
    token: (claims, header) =>
      new SignJWT(complete(claims)).setProtectedHeader({ alg, kid, ...header }).sign(pair.privateKey),
    unsigned: (claims) => new UnsecuredJWT(complete(claims)).encode(),
    signedWithPublicKey: async (claims) =>
      new SignJWT(complete(claims))
        .setProtectedHeader({ alg: 'HS256', kid })
        .sign(Buffer.from(await exportSPKI(pair.publicKey))),
    asked: () => asked,
    answer: (status, body = '') => {
      wrong = status === undefined ? undefined : { status, body };
    },
    rotate: async () => {
      pair = await generateKeyPair(alg, { extractable: true });
      kid = 'second';
    },
    stop,
    start: () => listen(port),
  };
}
