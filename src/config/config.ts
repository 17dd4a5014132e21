import { environment, type SAMPLERS, type Settings, settings } from './environment.ts';

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

/** Who issues the tokens that are accepted, and how they say what for. */
export interface TokensConfig {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
  /** The claim with the scopes: words in a string, or an array of them. */
  readonly scopeClaim: string;
}

/** Files in PEM: the certificate with those between it and its root, and its key. */
export interface TlsConfig {
  readonly cert: string;
  readonly key: string;
}

/** The settings of the process. docs/configuration.md describes each variable. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly dataDir: string;
  /** Of a Postgres database, with its password; null for the embedded one in `dataDir`. */
  readonly databaseUrl: string | null;
  /** How long the database may be silent before models are served no longer; 0: for ever. */
  readonly maxStalenessMs: number;
  /** Files with the keys of the seal, the first of which seals; none: nothing is sealed. */
  readonly sealKeyFiles: readonly string[];
  /** Whether callers must show a key or token. */
  readonly auth: boolean;
  /** Whether only addresses of this machine are answered for: without access control, unless told otherwise. */
  readonly loopbackOnly: boolean;
  /** Whose tokens are accepted; null: nobody's. */
  readonly tokens: TokensConfig | null;
  readonly maxBodyBytes: number;
  /** Of bodies that cannot be parsed yet, and results that are not sent yet, all together; half of it for one caller. */
  readonly maxHeldBytes: number;
  readonly maxRows: number;
  readonly maxFeatures: number;
  /** Rows times features of one model. */
  readonly maxCells: number;
  /** Model versions that may be held, of all names together. */
  readonly maxModels: number;
  /** Of memory, that models may take, all together. */
  readonly maxModelBytes: number;
  readonly maxInstances: number;
  /** Multiply-adds that one `/certify` may ask for, about; a tenth of those of one `/evaluate`. */
  readonly maxWork: number;
  /** Training rows that callers without scope `explain` are told the number of, at least. */
  readonly leastCount: number;
  /** Instances that may wait for a worker. */
  readonly maxQueued: number;
  /** Worker threads. */
  readonly workers: number;
  /** How long the service goes on as before, except saying that it is not ready, once it was told to stop. */
  readonly drainDelayMs: number;
  readonly shutdownGraceMs: number;
  /** Who may read /metrics: those with scope `read`, anybody, or nobody. */
  readonly metrics: 'protected' | 'open' | 'off';
  /** Null: no spans. */
  readonly traces: TracesConfig | null;
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
  /** Null: plain HTTP. */
  readonly tls: TlsConfig | null;
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
    maxStalenessMs: 1000 * values.SURETY_MAX_STALENESS,
    sealKeyFiles: values.SURETY_SEAL_KEY_FILE,
    auth: values.SURETY_AUTH === 'on',
    loopbackOnly: values.SURETY_AUTH === 'off',
    tokens: tokensOf(values),
    maxBodyBytes: values.SURETY_MAX_BODY_BYTES,
    maxHeldBytes: values.SURETY_MAX_HELD_BYTES,
    maxRows: values.SURETY_MAX_ROWS,
    maxFeatures: values.SURETY_MAX_FEATURES,
    maxCells: values.SURETY_MAX_CELLS,
    maxModels: values.SURETY_MAX_MODELS,
    maxModelBytes: values.SURETY_MAX_MODEL_BYTES,
    maxInstances: values.SURETY_MAX_INSTANCES,
    maxWork: values.SURETY_MAX_WORK,
    leastCount: values.SURETY_LEAST_COUNT,
    maxQueued: values.SURETY_MAX_QUEUED,
    workers: values.SURETY_WORKERS,
    drainDelayMs: values.SURETY_DRAIN_DELAY_MS,
    shutdownGraceMs: values.SURETY_SHUTDOWN_GRACE_MS,
    metrics: values.SURETY_METRICS,
    traces: tracesOf(values),
    rateLimit: values.SURETY_RATE_LIMIT,
    authFailureLimit: values.SURETY_AUTH_FAILURE_LIMIT,
    trustedProxies: values.SURETY_TRUSTED_PROXIES,
    maxEventLoopDelayMs: values.SURETY_MAX_EVENT_LOOP_DELAY_MS,
    requestTimeoutMs: values.SURETY_REQUEST_TIMEOUT_MS,
    corsOrigins: values.SURETY_CORS_ORIGINS,
    tls: tlsOf(values),
  });
}

function tokensOf(values: Settings): TokensConfig | null {
  const { SURETY_JWKS_URL: jwksUrl, SURETY_JWT_ISSUER: issuer, SURETY_JWT_AUDIENCE: audience } = values;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) return null;
  return { jwksUrl, issuer, audience, scopeClaim: values.SURETY_JWT_SCOPE_CLAIM };
}

function tlsOf({ SURETY_TLS_CERT: cert, SURETY_TLS_KEY: key }: Settings): TlsConfig | null {
  return cert !== undefined && key !== undefined ? { cert, key } : null;
}

function tracesOf(values: Settings): TracesConfig | null {
  const base = values.OTEL_EXPORTER_OTLP_ENDPOINT?.replace(/\/*$/, '/v1/traces');
  const url = values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? base;
  if (url === undefined) return null;
  const resource = values.OTEL_RESOURCE_ATTRIBUTES;
  return {
    url,
    headers: values.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: values.OTEL_SERVICE_NAME ?? resource['service.name'] ?? 'surety',
    resource,
    sampler: { name: values.OTEL_TRACES_SAMPLER, ratio: values.OTEL_TRACES_SAMPLER_ARG },
  };
}

/** The names of the environment variables, for the documentation's test. */
export const VARIABLES = Object.keys(environment.shape);
