import { hash } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose';
import type { Logger } from 'pino';
import { type Caller, makeCaller } from '../caller.ts';
import type { TokensConfig } from '../config/config.ts';
import { SuretyError } from '../errors.ts';
import { Outage } from './outage.ts';

/** Signatures only: with a shared secret whoever can check a token could also make one. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** Clocks may differ by so much. */
const CLOCK_TOLERANCE_S = 5;
const MAX_SUBJECT_LENGTH = 200;
/** A list of models to which the token is limited. */
const MODELS_CLAIM = 'surety_models';

/** A token is not verified again for so long, or until it expires. */
const REMEMBERED_MS = 60_000;
const MAX_REMEMBERED = 1000;
/** While the keys cannot be fetched. After they were, jose itself waits 30 s before it asks for an unknown one. */
const FETCH_EVERY_MS = 1000;

/** JWTs of one issuer, whose public keys are fetched from its JWKS (kept for ten minutes) when a token needs them. */
export class TokenVerifier {
  readonly #issuer: TokensConfig;
  readonly #publicKey: JWTVerifyGetKey;
  /** By their SHA-256, the oldest first. */
  readonly #verified = new Map<string, { readonly caller: Caller; readonly until: number }>();

  constructor(issuer: TokensConfig, log: Logger) {
    this.#issuer = issuer;
    this.#publicKey = publicKeyFrom(issuer.jwksUrl, new Outage(log, 'the JWKS'));
  }

  /**
   * Who shows this token; null when it is not one that the issuer made for us, or no longer valid. At once when it was
   * verified less than a minute ago. Throws a SuretyError when the keys are needed and cannot be fetched.
   */
  callerOf(token: string): Caller | Promise<Caller | null> {
    const digest = digestOf(token);
    return this.#remembered(digest) ?? this.#verify(token, digest);
  }

  /** The same, at no cost: null too when it was not verified in the last minute. */
  rememberedCallerOf(token: string): Caller | null {
    return this.#remembered(digestOf(token));
  }

  #remembered(digest: string): Caller | null {
    const verified = this.#verified.get(digest);
    return verified !== undefined && Date.now() < verified.until ? verified.caller : null;
  }

  async #verify(token: string, digest: string): Promise<Caller | null> {
    const { issuer, audience, scopeClaim } = this.#issuer;
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#publicKey, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: CLOCK_TOLERANCE_S,
      }));
    } catch (error) {
      if (error instanceof errors.JOSEError) return null; // whatever was wrong with it
      throw error;
    }
    const caller = callerFrom(payload, scopeClaim);
    if (caller !== null) this.#remember(digest, caller, 1000 * (payload.exp! + CLOCK_TOLERANCE_S));
    return caller;
  }

  #remember(digest: string, caller: Caller, expires: number): void {
    this.#verified.delete(digest);
    const [oldest] = this.#verified.keys();
    if (oldest !== undefined && this.#verified.size >= MAX_REMEMBERED) this.#verified.delete(oldest);
    this.#verified.set(digest, { caller, until: Math.min(expires, Date.now() + REMEMBERED_MS) });
  }
}

function digestOf(token: string): string {
  return hash('sha256', token, 'base64');
}

/** Null when a claim does not have the form that it should have. */
function callerFrom(payload: JWTPayload, scopeClaim: string): Caller | null {
  const { sub, [scopeClaim]: scope, [MODELS_CLAIM]: models } = payload;
  if (typeof sub !== 'string' || sub.length > MAX_SUBJECT_LENGTH) return null;
  const scopes = wordsOf(scope ?? '');
  const limit = models === undefined ? null : wordsOf(models);
  if (scopes === null || (models !== undefined && limit === null)) return null;
  return makeCaller(`jwt:${sub}`, scopes, limit);
}

function wordsOf(value: unknown): string[] | null {
  if (typeof value === 'string') return value.split(' ').filter((word) => word !== '');
  if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  return null;
}

/** The issuer's key for a token. Throws a JOSEError when there is none, a SuretyError when that cannot be known. */
function publicKeyFrom(url: string, outage: Outage): JWTVerifyGetKey {
  let next = 0;
  const sometimes: FetchImplementation = async (address, options) => {
    if (performance.now() < next) throw new Error('the last attempt was less than a second ago');
    next = performance.now() + FETCH_EVERY_MS;
    return fetch(address, options);
  };
  const keys = createRemoteJWKSet(new URL(url), { [customFetch]: sometimes });
  return async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (isOfToken(error)) throw error;
      outage.noticed(error);
      throw new SuretyError('access_unavailable', 'the keys of tokens cannot be fetched; try again');
    } finally {
      if (keys.coolingDown) outage.over(); // the last attempt was a success
    }
  };
}

/** Whether the keys are there and the token names none of them. */
function isOfToken(error: unknown): boolean {
  const { JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported } = errors;
  return [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported].some(
    (kind) => error instanceof kind,
  );
}
