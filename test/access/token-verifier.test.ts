import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import type { TokensConfig } from '../../src/config/config.ts';
import { ISSUER, startIssuer } from '../support/process/tokens.ts';

const HOUR = 3600;
const UNAVAILABLE = { code: 'access_unavailable', status: 503, message: expect.not.stringContaining('127') };
const seconds = () => Math.floor(Date.now() / 1000);

async function openVerifier(alg?: string, settings: Partial<TokensConfig> = {}) {
  const issuer = await startIssuer(alg);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });
  return { issuer, lines, verifier: new TokenVerifier({ ...issuer.settings, ...settings }, log) };
}

function stopClock(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

describe('a token', () => {
  it.each(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA'])('signed with %s is accepted', async (alg) => {
    const { issuer, verifier } = await openVerifier(alg);
    const caller = await verifier.callerOf(await issuer.token({ scope: 'certify read openid' }));
    expect(caller).toEqual({ id: 'jwt:desk', scopes: ['certify', 'read'], models: null });
  });

  it.each([
    ['of another issuer', { iss: 'https://other.example' }],
    ['of an issuer that is alike', { iss: `${ISSUER}/` }],
    ['without issuer', { iss: undefined }],
    ['for somebody else', { aud: 'other' }],
    ['without audience', { aud: undefined }],
    ['expired', { exp: seconds() - 60 }],
    ['that never expires', { exp: undefined }],
    ['not yet valid', { nbf: seconds() + HOUR }],
    ['without subject', { sub: undefined }],
    ['with a subject of 201 letters', { sub: 'x'.repeat(201) }],
    ['with scopes that are no list', { scope: 7 }],
    ['with a list of scopes of other things', { scope: ['certify', 7] }],
    ['with a limit to models that is no list', { surety_models: { loans: true } }],
  ])('%s is refused', async (_which, claims) => {
    const { issuer, verifier } = await openVerifier();
    expect(await verifier.callerOf(await issuer.token(claims))).toBeNull();
  });

  it('is refused unsigned, signed with the public key, by another key, changed, or when it is no token', async () => {
    const { issuer, verifier } = await openVerifier('RS256');
    const good = await issuer.token();
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const better = Buffer.from(JSON.stringify({ ...JSON.parse(atob(payload)), scope: 'admin' }));
    const stranger = await startIssuer('RS256');
    const wrong = [
      ...[issuer.unsigned(), await issuer.signedWithPublicKey(), await stranger.token()],
      ...[`${header}.${better.toString('base64url')}.${signature}`, `${header}.${payload}.`, `${good}A`],
      ...[await issuer.token({}, { kid: 'unknown' }), 'x', 'a.b.c', '..', '....', good.replace('.', '')],
    ];
    for (const token of wrong) expect(await verifier.callerOf(token), token).toBeNull();
    expect(await verifier.callerOf(good)).not.toBeNull();
  });

  it.each([
    ['words', 'certify  evaluate', 'certify evaluate'],
    ['a list', ['certify', 'evaluate'], 'certify evaluate'],
    ['nothing', undefined, ''],
    ['nothing of ours', 'openid Certify certify.all', ''],
  ])('has the scopes that its claim gives as %s', async (_form, scope, expected) => {
    const { issuer, verifier } = await openVerifier('ES256', { scopeClaim: 'scp' });
    const caller = await verifier.callerOf(await issuer.token({ scp: scope, scope: 'admin' }));
    expect(caller?.scopes.join(' ')).toBe(expected);
  });

  it.each([
    ['one', 'loans', ['loans']],
    ['a list', ['loans', 'cards'], ['loans', 'cards']],
    ['words', 'loans cards', ['loans', 'cards']],
    ['none', [], []],
  ])('is limited to the models of its claim: %s', async (_form, models, expected) => {
    const { issuer, verifier } = await openVerifier();
    const token = await issuer.token({ scope: 'certify admin', surety_models: models });
    expect(await verifier.callerOf(token)).toEqual({ id: 'jwt:desk', scopes: ['certify'], models: expected });
  });

  it('is verified once a minute, and never after its expiry', async () => {
    stopClock();
    const { issuer, verifier } = await openVerifier();
    const long = await issuer.token();
    const short = await issuer.token({ exp: seconds() + 20 });
    for (const token of [long, short]) {
      expect(verifier.callerOf(token)).toBeInstanceOf(Promise);
      await verifier.callerOf(token);
      expect(verifier.callerOf(token)).toMatchObject({ id: 'jwt:desk' });
    }
    vi.setSystemTime(Date.now() + 26_000); // five seconds more than it says, as clocks differ
    expect(verifier.callerOf(long)).not.toBeInstanceOf(Promise);
    expect(await verifier.callerOf(short)).toBeNull();
    vi.setSystemTime(Date.now() + 35_000);
    expect(verifier.callerOf(long)).toBeInstanceOf(Promise);
  });

  it('is remembered with at most 999 others', { timeout: 60_000 }, async () => {
    const { issuer, verifier } = await openVerifier();
    const first = await issuer.token({ sub: 'first' });
    await verifier.callerOf(first);
    const fill = async (count: number) => {
      for (let k = 0; k < count; k++) await verifier.callerOf(await issuer.token({ sub: `${count} ${k}` }));
    };
    await fill(999);
    expect(verifier.callerOf(first)).not.toBeInstanceOf(Promise);
    await fill(1);
    expect(verifier.callerOf(first)).toBeInstanceOf(Promise);
  });
});

describe('the keys of tokens', () => {
  it('are fetched when they are needed, once', async () => {
    const { issuer, verifier } = await openVerifier();
    expect(issuer.asked()).toBe(0);
    const tokens = await Promise.all(Array.from({ length: 10 }, (_, k) => issuer.token({ sub: `${k}` })));
    await Promise.all(tokens.map((token) => verifier.callerOf(token)));
    for (const token of tokens) expect(await verifier.callerOf(token)).not.toBeNull();
    expect(issuer.asked()).toBe(1);
  });

  it('are fetched again for one that is new, at most twice a minute', async () => {
    stopClock();
    const { issuer, verifier } = await openVerifier();
    await verifier.callerOf(await issuer.token());
    await issuer.rotate();
    const next = await issuer.token();
    for (let k = 0; k < 5; k++) expect(await verifier.callerOf(next)).toBeNull();
    expect(issuer.asked()).toBe(1);
    vi.setSystemTime(Date.now() + 31_000);
    await sleep(1000);
    expect(await verifier.callerOf(next)).not.toBeNull();
    expect(issuer.asked()).toBe(2);
  });

  it.each([
    ['an error', 500, '{"keys":[]}'],
    ['another address', 302, ''],
    ['no JSON', 200, '<html>'],
    ['no set of keys', 200, '{"keys":7}'],
  ])("are missing, which is not the caller's fault, where the answer is %s", async (_what, status, body) => {
    const { issuer, verifier, lines } = await openVerifier();
    issuer.answer(status, body);
    for (let k = 0; k < 20; k++)
      await expect(verifier.callerOf(await issuer.token())).rejects.toMatchObject(UNAVAILABLE);
    expect(issuer.asked()).toBe(1);
    expect(lines).toEqual(['the JWKS cannot be read']);
  });

  it('are asked for once a second while nobody answers, and tokens are good again afterwards', async () => {
    const { issuer, verifier, lines } = await openVerifier();
    const token = await issuer.token();
    await issuer.stop();
    const refused = () => expect(verifier.callerOf(token)).rejects.toMatchObject(UNAVAILABLE);
    for (let k = 0; k < 20; k++) await refused();
    await issuer.start();
    await refused(); // as it was asked for less than a second ago
    await sleep(1050);
    expect(await verifier.callerOf(token)).toMatchObject({ id: 'jwt:desk' });
    expect(lines).toEqual(['the JWKS cannot be read', 'the JWKS can be read again']);
    expect(issuer.asked()).toBe(1);
  });

  it('serve for ten minutes while they cannot be fetched', async () => {
    stopClock();
    const { issuer, verifier } = await openVerifier();
    await verifier.callerOf(await issuer.token());
    await issuer.stop();
    vi.setSystemTime(Date.now() + 590_000);
    expect(await verifier.callerOf(await issuer.token())).not.toBeNull();
    vi.setSystemTime(Date.now() + 20_000);
    await sleep(1050);
    const other = await issuer.token({ sub: 'other' });
    await expect(verifier.callerOf(other)).rejects.toMatchObject(UNAVAILABLE);
  });
});
