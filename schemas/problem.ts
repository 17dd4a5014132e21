import { z } from 'zod';
import type { Scope } from '../src/caller.ts';
import { ERRORS, type ErrorCode } from '../src/errors.ts';

export const errorCodeSchema = z.enum(Object.keys(ERRORS) as ErrorCode[]).meta({
  id: 'ErrorCode',
  description: 'docs/errors.md says what each means and what to do about it',
});

/** Problem details, RFC 9457, for every error. */
export const problemSchema = z
  .object({
    type: z.string().describe('Identifies the kind of problem: urn:surety:problem: followed by the code'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was wrong with this request; never a value of an applicant'),
    code: errorCodeSchema,
    requestId: z.string(),
    errors: z
      .array(z.object({ path: z.string().describe('JSON Pointer'), message: z.string() }))
      .optional()
      .describe('Where the request does not fit'),
  })
  .meta({ id: 'Problem', description: 'Problem details (RFC 9457)' });

export type Problem = z.infer<typeof problemSchema>;

/** The error responses of a route, one a status, with an example for each code. */
export function problems(details: Partial<Record<ErrorCode, string>>) {
  const responses: Record<number, object> = {};
  for (const status of new Set(entries(details).map(([code]) => ERRORS[code][0]))) {
    const own = entries(details).filter(([code]) => ERRORS[code][0] === status);
    const examples = Object.fromEntries(
      own.map(([code, detail]) => [code, { value: example(code, detail) }]),
    );
    responses[status] = {
      description: own.map(([code]) => ERRORS[code][1]).join(', or: '),
      content: { 'application/problem+json': { schema: problemSchema, examples } },
    };
  }
  return responses;
}

function example(code: ErrorCode, detail: string): Problem {
  const [status, title] = ERRORS[code];
  return { type: `urn:surety:problem:${code}`, title, status, detail, code, requestId: '7f3a-01' };
}

function entries(examples: Partial<Record<ErrorCode, string>>): [ErrorCode, string][] {
  return Object.entries(examples) as [ErrorCode, string][];
}

/** What can go wrong with a probe too. */
export const PROBE_PROBLEMS = {
  internal_error: 'The request failed on our side; its id is in our log',
} as const;

/** What can go wrong on every other route. */
export const COMMON_PROBLEMS = {
  ...PROBE_PROBLEMS,
  rate_limited: 'At most 60000 requests a minute are answered; try again after Retry-After',
  overloaded: 'The service is too busy; try again',
  invalid_request: 'query: unknown: versoin',
} as const;

/** What can be wrong with who calls, and from where. */
export const CALLER_PROBLEMS = {
  unauthenticated: 'Expected Authorization: Bearer, and a valid API key or token',
  forbidden: 'the key or token is limited to other models',
  access_unavailable: 'the keys of tokens cannot be fetched; try again',
  foreign_origin: 'SURETY_CORS_ORIGINS does not list the origin of the page',
} as const;

/** What can go wrong on every route that is not open. */
export const PROTECTED_PROBLEMS = { ...COMMON_PROBLEMS, ...CALLER_PROBLEMS } as const;

/** Where no model is named that could be the wrong one. */
export const needsScope = (scope: Scope) => ({
  forbidden: `This needs a key or token with the scope '${scope}'`,
});

/** What is wrong with a body that is larger than its route takes; most take little. */
export const SMALL_BODY_PROBLEM = { body_too_large: 'The body may have at most 65536 bytes' } as const;

/** What can go wrong with every JSON body. */
export const BODY_PROBLEMS = {
  ...PROTECTED_PROBLEMS,
  malformed_json: 'The body is not valid JSON',
  invalid_request: 'The request does not fit its schema',
  body_too_large: 'The body may have at most 268435456 bytes (SURETY_MAX_BODY_BYTES)',
  unsupported_media_type: 'Expected application/json, or multipart/form-data for POST /models',
} as const;

/** Deleting needs no body, but one that cannot be read is refused. */
export const DELETE_PROBLEMS = {
  ...PROTECTED_PROBLEMS,
  ...SMALL_BODY_PROBLEM,
  malformed_json: BODY_PROBLEMS.malformed_json,
  unsupported_media_type: BODY_PROBLEMS.unsupported_media_type,
} as const;

/** What can go wrong where a model certifies instances. */
export const WORK_PROBLEMS = {
  overloaded: '50000 instances are waiting to be certified, at most 50000 may (SURETY_MAX_QUEUED); try again',
  timed_out: 'There was no answer after 120000 ms (SURETY_REQUEST_TIMEOUT_MS), so the work on it has ended',
  worker_failed: 'a worker thread ended while it worked on this request; it has been replaced, try again',
  store_failed: 'the columns that the threat speaks of cannot be read from the store now; try again',
  not_ready: "model 'loans' version 2 is being loaded",
  model_damaged: "model 'loans' version 2 failed its integrity check",
} as const;
