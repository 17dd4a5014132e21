import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';

/** Milliseconds; a longer timer of Node runs out at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Each has memory of its own in every model that it certifies. */
const MOST_WORKERS = 256;

const size = (byDefault: number, least = 1) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= Number.MAX_SAFE_INTEGER, `expected at least ${least}`)
    .prefault(String(byDefault));

/** What stands between commas; nothing by default. */
const list = (fits: (entry: string) => boolean, message: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(fits), message)
    .default([]);

const environment = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d+$/, 'expected a port number')
    .transform(Number)
    .refine((port) => port <= 65_535, 'expected a port number')
    .prefault('3000'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  SURETY_DATA_DIR: z.string().min(1).default('./data'),
  SURETY_MAX_BODY_BYTES: size(256 * 2 ** 20),
  SURETY_MAX_ROWS: size(1_000_000),
  SURETY_MAX_FEATURES: size(4096),
  SURETY_MAX_CELLS: size(250_000_000),
  SURETY_MAX_INSTANCES: size(10_000),
  SURETY_MAX_QUEUED: size(50_000),
  SURETY_WORKERS: size(Math.min(availableParallelism(), MOST_WORKERS)).refine(
    (count) => count <= MOST_WORKERS,
    `expected at most ${MOST_WORKERS}`,
  ),
  SURETY_SHUTDOWN_GRACE_MS: size(8000),
  SURETY_RATE_LIMIT: size(60_000, 0),
  SURETY_AUTH_FAILURE_LIMIT: size(300, 0),
  SURETY_TRUSTED_PROXIES: list(
    isNetwork,
    'expected addresses or networks such as 10.0.0.0/8, between commas',
  ),
  SURETY_MAX_EVENT_LOOP_DELAY_MS: size(1000),
  SURETY_REQUEST_TIMEOUT_MS: size(120_000).refine(
    (ms) => ms <= LONGEST_TIMER,
    `expected at most ${LONGEST_TIMER}`,
  ),
  SURETY_CORS_ORIGINS: list(isOrigin, 'expected origins such as https://desk.example.com, between commas'),
  SURETY_TLS_CERT: z.string().optional(),
  SURETY_TLS_KEY: z.string().optional(),
});

const ONE_OF_PAIR = 'SURETY_TLS_CERT, SURETY_TLS_KEY: expected both or neither';

/** Variables of tests and benchmarks, which may be set where the service is started. */
const DEVELOPMENT = /^SURETY_(DATA|TEST_\w+)$/;

/** The settings of the process. docs/configuration.md describes each variable. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly dataDir: string;
  readonly maxBodyBytes: number;
  readonly maxRows: number;
  readonly maxFeatures: number;
  /** Rows times features of one model. */
  readonly maxCells: number;
  readonly maxInstances: number;
  /** Instances that may wait for a worker. */
  readonly maxQueued: number;
  /** Worker threads. */
  readonly workers: number;
  readonly shutdownGraceMs: number;
  /** Requests a minute of one caller; 0: as many as it likes. */
  readonly rateLimit: number;
  /** Failed authentications a minute of one address; 0: as many as it likes. */
  readonly authFailureLimit: number;
  /** Addresses and networks whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly maxEventLoopDelayMs: number;
  /** For the work on an answer, once the request has arrived. */
  readonly requestTimeoutMs: number;
  /** Origins whose pages may call the service. */
  readonly corsOrigins: readonly string[];
  /** Files in PEM; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

/** A variable of the environment has a value that cannot be used; the message names it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Parses the environment once; an empty variable counts as unset. Throws a ConfigError that names each
 * variable that has a wrong value, and each unknown one that starts with SURETY_.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  );
  const unknown = Object.keys(given).filter(
    (name) => name.startsWith('SURETY_') && !(name in environment.shape) && !DEVELOPMENT.test(name),
  );
  const parsed = environment.safeParse(given);
  const problems = [
    ...unknown.map((name) => `${name}: there is no such setting`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ];
  const { SURETY_TLS_CERT: cert, SURETY_TLS_KEY: key } = given;
  if ((cert === undefined) !== (key === undefined)) problems.push(ONE_OF_PAIR);
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  const values = parsed.data;
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    dataDir: values.SURETY_DATA_DIR,
    maxBodyBytes: values.SURETY_MAX_BODY_BYTES,
    maxRows: values.SURETY_MAX_ROWS,
    maxFeatures: values.SURETY_MAX_FEATURES,
    maxCells: values.SURETY_MAX_CELLS,
    maxInstances: values.SURETY_MAX_INSTANCES,
    maxQueued: values.SURETY_MAX_QUEUED,
    workers: values.SURETY_WORKERS,
    shutdownGraceMs: values.SURETY_SHUTDOWN_GRACE_MS,
    rateLimit: values.SURETY_RATE_LIMIT,
    authFailureLimit: values.SURETY_AUTH_FAILURE_LIMIT,
    trustedProxies: values.SURETY_TRUSTED_PROXIES,
    maxEventLoopDelayMs: values.SURETY_MAX_EVENT_LOOP_DELAY_MS,
    requestTimeoutMs: values.SURETY_REQUEST_TIMEOUT_MS,
    corsOrigins: values.SURETY_CORS_ORIGINS,
    tls: cert !== undefined && key !== undefined ? { cert, key } : null,
  });
}

/** An address, or one with the length of a prefix. */
function isNetwork(text: string): boolean {
  const [address, prefix, ...more] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address!)]!;
  return (
    more.length === 0 && bits >= 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && +prefix <= bits))
  );
}

/** An origin as browsers send it. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.parse(text)?.origin === text;
}

/** The names of the environment variables, for the documentation's test. */
export const VARIABLES = Object.keys(environment.shape);
