import { isIP } from 'node:net';
import { availableParallelism, totalmem } from 'node:os';
import { z } from 'zod';
import { isLoopback } from './loopback.ts';

/** Milliseconds. Node's timers run out at once when they are set for more than 24 days. */
const DAY_MS = 86_400_000;

/** Of this machine, or of what the platform lets the process have. */
export const HALF_OF_MEMORY = Math.floor(Math.min(process.constrainedMemory() || totalmem(), totalmem()) / 2);

/** Each has memory of its own in every model that it certifies. */
const MAX_WORKERS = 256;

/** Samplers by the names that OpenTelemetry gives them. */
export const SAMPLERS = [
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

/** In milliseconds. */
const duration = (byDefault: number, least = 1) =>
  size(byDefault, least).refine((ms) => ms <= DAY_MS, `expected at most ${DAY_MS}, a day`);

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
/** What stands between commas; nothing by default. */
const list = (fits: (entry: string) => boolean, message: string) =>
  z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(fits), message)
    .default([]);

/** Every variable of the environment that the service reads, with its form and default. */
export const environment = z.object({
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
  SURETY_MAX_STALENESS: size(0, 0).refine(
    (seconds) => seconds === 0 || (seconds >= 5 && seconds <= DAY_MS / 1000),
    `expected 0, or from 5 to ${DAY_MS / 1000}, a day`,
  ),
  SURETY_SEAL_KEY_FILE: list((entry) => entry !== '', 'expected files, between commas'),
  SURETY_AUTH: z.enum(['on', 'off', 'off-on-any-address']).default('on'),
  SURETY_JWKS_URL: z.string().refine(isSafeUrl, 'expected https, or http and a loopback address').optional(),
  SURETY_JWT_ISSUER: z.string().min(1).optional(),
  SURETY_JWT_AUDIENCE: z.string().min(1).optional(),
  SURETY_JWT_SCOPE_CLAIM: z.string().min(1).default('scope'),
  SURETY_MAX_BODY_BYTES: size(256 * 2 ** 20),
  SURETY_MAX_HELD_BYTES: size(256 * 2 ** 20),
  SURETY_MAX_ROWS: size(1_000_000),
  SURETY_MAX_FEATURES: size(4096),
  SURETY_MAX_CELLS: size(250_000_000),
  SURETY_MAX_MODELS: size(1000),
  SURETY_MAX_MODEL_BYTES: size(HALF_OF_MEMORY),
  SURETY_MAX_INSTANCES: size(10_000),
  SURETY_MAX_WORK: size(500_000_000_000),
  SURETY_LEAST_COUNT: size(10, 0),
  SURETY_MAX_QUEUED: size(50_000),
  SURETY_WORKERS: size(Math.min(availableParallelism(), MAX_WORKERS)).refine(
    (count) => count <= MAX_WORKERS,
    `expected at most ${MAX_WORKERS}`,
  ),
  SURETY_DRAIN_DELAY_MS: duration(1000, 0),
  SURETY_SHUTDOWN_GRACE_MS: duration(8000),
  SURETY_METRICS: z.enum(['protected', 'open', 'off']).default('protected'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: pairs,
  OTEL_SERVICE_NAME: z.string().optional(),
  OTEL_RESOURCE_ATTRIBUTES: pairs,
  OTEL_TRACES_SAMPLER: z.enum(SAMPLERS).default('parentbased_always_on'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'expected a number from 0 to 1')
    .transform(Number)
    .prefault('1'),
  SURETY_RATE_LIMIT: size(60_000, 0),
  SURETY_AUTH_FAILURE_LIMIT: size(300, 0),
  SURETY_TRUSTED_PROXIES: list(
    isNetwork,
    'expected addresses or networks such as 10.0.0.0/8, between commas',
  ),
  SURETY_MAX_EVENT_LOOP_DELAY_MS: duration(1000),
  SURETY_REQUEST_TIMEOUT_MS: duration(120_000),
  SURETY_CORS_ORIGINS: list(isOrigin, 'expected origins such as https://desk.example.com, between commas'),
  SURETY_TLS_CERT: z.string().optional(),
  SURETY_TLS_KEY: z.string().optional(),
});

/** Variables that are set together or not at all. */
const GROUPS = [
  ['SURETY_JWKS_URL', 'SURETY_JWT_ISSUER', 'SURETY_JWT_AUDIENCE'],
  ['SURETY_TLS_CERT', 'SURETY_TLS_KEY'],
] as const;

/** The same, and what one variable allows another to be. */
export const settings = environment.superRefine((values, context) => {
  const misfit = (name: string, message: string) =>
    context.addIssue({ code: 'custom', path: [name], message });
  if (values.SURETY_AUTH === 'off' && !isLoopback(values.HOST))
    misfit('SURETY_AUTH', 'off needs a loopback address in HOST; else say off-on-any-address');
  for (const group of GROUPS) {
    const missing = group.filter((name) => values[name] === undefined);
    if (missing.length === group.length) continue;
    for (const name of missing) misfit(name, `missing; ${group.join(', ')} go together`);
  }
});

/** The values of the variables, parsed. */
export type Settings = z.output<typeof environment>;

/** Public keys that come over an open network could be anybody's. */
function isSafeUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
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
