import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** Each has memory of its own in every model that it certifies. */
const MOST_WORKERS = 256;

const size = (byDefault: number, least = 1) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= Number.MAX_SAFE_INTEGER, `expected at least ${least}`)
    .prefault(String(byDefault));

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
  SURETY_DATABASE_URL: z
    .url({
      protocol: /^postgres(ql)?$/,
      error: 'expected a URL that starts with postgres:// or postgresql://',
    })
    .optional(),
  SURETY_AUTH: z.enum(['on', 'off', 'off-on-any-address']).default('on'),
  SURETY_JWKS_URL: z.string().refine(isSafeUrl, 'expected https, or http and a loopback address').optional(),
  SURETY_JWT_ISSUER: z.string().min(1).optional(),
  SURETY_JWT_AUDIENCE: z.string().min(1).optional(),
  SURETY_JWT_SCOPE_CLAIM: z.string().min(1).default('scope'),
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
  SURETY_DRAIN_DELAY_MS: size(1000, 0),
  SURETY_SHUTDOWN_GRACE_MS: size(8000),
});

/** What one variable allows another to be. */
const settings = environment.superRefine((values, context) => {
  const misfit = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (values.SURETY_AUTH === 'off' && !isLoopback(values.HOST))
    misfit('SURETY_AUTH', 'off needs a loopback address in HOST; else say off-on-any-address');
  const tokens = ['SURETY_JWKS_URL', 'SURETY_JWT_ISSUER', 'SURETY_JWT_AUDIENCE'] as const;
  const missing = tokens.filter((name) => values[name] === undefined);
  if (missing.length === tokens.length) return;
  for (const name of missing) misfit(name, `missing; ${tokens.join(', ')} go together`);
});

/** Public keys that come over an open network could be anybody's. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
}

/** Variables of tests and benchmarks, which may be set where the service is started. */
const DEVELOPMENT = /^SURETY_(DATA|TEST_\w+)$/;

/** The settings of the process. docs/configuration.md describes each variable. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly dataDir: string;
  /** Of a Postgres database, with its password; null for the embedded one in `dataDir`. */
  readonly databaseUrl: string | null;
  /** Whether callers must show a key or token. */
  readonly auth: boolean;
  /** Whose tokens are accepted; null: nobody's. */
  readonly tokens: {
    readonly jwksUrl: string;
    readonly issuer: string;
    readonly audience: string;
    readonly scopeClaim: string;
  } | null;
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
  /** How long the service goes on as before, but for saying that it is not ready, once it was told to stop. */
  readonly drainDelayMs: number;
  readonly shutdownGraceMs: number;
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
  const parsed = settings.safeParse(given);
  const problems = [
    ...unknown.map((name) => `${name}: there is no such setting`),
    ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join('\n'));
  const values = parsed.data;
  return Object.freeze({
    host: values.HOST,
    port: values.PORT,
    logLevel: values.LOG_LEVEL,
    dataDir: values.SURETY_DATA_DIR,
    databaseUrl: values.SURETY_DATABASE_URL ?? null,
    auth: values.SURETY_AUTH === 'on',
    tokens: tokensOf(values),
    maxBodyBytes: values.SURETY_MAX_BODY_BYTES,
    maxRows: values.SURETY_MAX_ROWS,
    maxFeatures: values.SURETY_MAX_FEATURES,
    maxCells: values.SURETY_MAX_CELLS,
    maxInstances: values.SURETY_MAX_INSTANCES,
    maxQueued: values.SURETY_MAX_QUEUED,
    workers: values.SURETY_WORKERS,
    drainDelayMs: values.SURETY_DRAIN_DELAY_MS,
    shutdownGraceMs: values.SURETY_SHUTDOWN_GRACE_MS,
  });
}

function tokensOf(values: z.output<typeof environment>): Config['tokens'] {
  const { SURETY_JWKS_URL: jwksUrl, SURETY_JWT_ISSUER: issuer, SURETY_JWT_AUDIENCE: audience } = values;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return null;
  return { jwksUrl, issuer, audience, scopeClaim: values.SURETY_JWT_SCOPE_CLAIM };
}

/** The names of the environment variables, for the documentation's test. */
export const VARIABLES = Object.keys(environment.shape);
