import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** Each has memory of its own in every model that it certifies. */
const MOST_WORKERS = 256;

/** Samplers by the names that OpenTelemetry gives them. */
const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const size = (byDefault: number, least = 1) =>
  z
    .string()
    .regex(/^\d+$/, 'expected a whole number')
    .transform(Number)
    .refine((value) => value >= least && value <= Number.MAX_SAFE_INTEGER, `expected at least ${least}`)
    .prefault(String(byDefault));

/** A list `name=value,name=value`, percent-encoded, as OpenTelemetry has them. */
const pairs = z
  .string()
  .default('')
  .transform((text, context): Record<string, string> => {
    try {
      return Object.fromEntries(
        text.split(',').flatMap((pair) => (pair.trim() === '' ? [] : [pairOf(pair)])),
      );
    } catch {
      context.addIssue('expected name=value,name=value, percent-encoded');
      return z.NEVER;
    }
  });

const endpoint = z.url({ protocol: /^https?$/, error: 'expected an http or https URL' }).optional();

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
  SURETY_METRICS: z.enum(['protected', 'open', 'off']).default('protected'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_SERVICE_NAME: z.string().default('surety'),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'expected a number from 0 to 1')
    .transform(Number)
    .prefault('1'),
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

/** Which requests are traced; a ratio of 1 is all of them. */
export interface SamplerConfig {
  readonly name: (typeof SAMPLERS)[number];
  readonly ratio: number;
}

/** Where spans are sent (OTLP over HTTP, as JSON), and what they say of this process. */
export interface TracesConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly resource: Readonly<Record<string, string>>;
  readonly sampler: SamplerConfig;
}

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
  /** Who may read /metrics: those with scope `read`, anybody, or nobody. */
  readonly metrics: 'protected' | 'open' | 'off';
  /** Null: no spans. */
  readonly traces: TracesConfig | null;
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
    metrics: values.SURETY_METRICS,
    traces: tracesOf(values),
  });
}

function tokensOf(values: z.output<typeof environment>): Config['tokens'] {
  const { SURETY_JWKS_URL: jwksUrl, SURETY_JWT_ISSUER: issuer, SURETY_JWT_AUDIENCE: audience } = values;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return null;
  return { jwksUrl, issuer, audience, scopeClaim: values.SURETY_JWT_SCOPE_CLAIM };
}

/** Throws a URIError or a RangeError. */
function pairOf(pair: string): [name: string, value: string] {
  const at = pair.indexOf('=');
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)].map((part) =>
    decodeURIComponent(part.trim()),
  );
  if (at < 0 || !name) throw new RangeError('expected a name');
  return [name, value!];
}

function tracesOf(values: z.output<typeof environment>): TracesConfig | null {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, '/v1/traces');
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? base;
  if (url === undefined) return null;
  return {
    url,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: values.OTEL_SERVICE_NAME,
    resource: values.OTEL_RESOURCE_ATTRIBUTES,
    sampler: { name: values.OTEL_TRACES_SAMPLER, ratio: values.OTEL_TRACES_SAMPLER_ARG },
  };
}

/** The names of the environment variables, for the documentation's test. */
export const VARIABLES = Object.keys(environment.shape);
