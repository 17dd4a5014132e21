// What it takes to find out who calls: the figures at the end of docs/access.md.
// Usage: npm run bench:access
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { KeyRing } from '../src/access/key-ring.ts';
import { newKey } from '../src/access/new-key.ts';
import { TokenVerifier } from '../src/access/token-verifier.ts';
import type { KeyStore, StoredKey } from '../src/store/key-store.ts';
import { print } from './table.ts';

const KEYS = 1000;
const ROUNDS = 100;
const log = pino({ level: 'silent' });

await measureKeys();
for (const alg of ['RS256', 'ES256']) await measureTokens(alg);

async function measureKeys(): Promise<void> {
  const fields = { name: 'bench', scopes: ['certify'], models: null, expiresAt: null } as const;
  const made = Array.from({ length: KEYS }, () => newKey(fields));
  const stored: StoredKey[] = made.map((one) => one.stored);
  const store: KeyStore = {
    list: async () => stored,
    state: async () => '',
    insert: async () => {},
    revoke: async () => true,
  };
  const ring = new KeyRing(store, log);
  await ring.load();
  await report('API key', KEYS, (k) => ring.callerOf(made[k % KEYS]!.key));
  ring.close();
}

async function measureTokens(alg: string): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), alg, kid: 'bench' };
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const [issuer, audience] = ['https://issuer.example', 'surety'];
  const settings = { jwksUrl: `http://127.0.0.1:${port}`, issuer, audience, scopeClaim: 'scope' };
  const verifier = new TokenVerifier(settings, log);
  const token = (subject: number) =>
    new SignJWT({ scope: 'certify' })
      .setProtectedHeader({ alg, kid: 'bench' })
      .setSubject(String(subject))
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime('1h')
      .sign(privateKey);
  const tokens = await Promise.all(Array.from({ length: ROUNDS * 20 }, (_, k) => token(k)));
  await verifier.callerOf(await token(-1)); // fetches the key
  let next = 0;
  await report(`token, the first time, ${alg}`, 20, () => verifier.callerOf(tokens[next++]!));
  await report(`token, again, ${alg}`, 1000, () => verifier.callerOf(tokens.at(-1)!));
  server.close();
}

/** The microseconds that one call takes, in the best of some rounds. */
async function report(what: string, calls: number, call: (k: number) => unknown): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const begun = performance.now();
    for (let k = 0; k < calls; k++) {
      const result = call(k);
      if (result instanceof Promise) await result;
    }
    best = Math.min(best, (1000 * (performance.now() - begun)) / calls);
  }
  print(`${what.padEnd(30)} ${(best < 100 ? best.toFixed(1) : best.toFixed(0)).padStart(5)} microseconds`);
}
