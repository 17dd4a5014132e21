import { z } from 'zod';
import { ERRORS, type ErrorCode } from '../src/errors.ts';

const CODES = Object.keys(ERRORS) as ErrorCode[];

/** Problem details, RFC 9457, for every error. */
export const problemSchema = z.object({
  type: z.string().describe('Identifies the kind of problem: urn:surety:problem: followed by the code'),
  title: z.string(),
  status: z.int(),
  detail: z.string().describe('What was wrong with this request; never a value of an applicant'),
  code: z.enum(CODES),
  requestId: z.string(),
  errors: z
    .array(z.object({ path: z.string().describe('JSON Pointer'), message: z.string() }))
    .optional()
    .describe('Where the request does not fit'),
});

export type Problem = z.infer<typeof problemSchema>;

/** The error responses of a route: for each code its status, with an example; codes of one status share a response. */
export function problems(examples: Partial<Record<ErrorCode, string>>) {
  const responses: Record<number, object> = {};
  for (const status of new Set(entries(examples).map(([code]) => ERRORS[code][0]))) {
    const own = entries(examples).filter(([code]) => ERRORS[code][0] === status);
    const schema = problemSchema.meta({
      examples: own.map(([code, detail]) => ({
        type: `urn:surety:problem:${code}`,
        title: ERRORS[code][1],
        status,
        detail,
        code,
        requestId: 'req-7f3a',
      })),
    });
    const description = own.map(([code]) => `${code}: ${ERRORS[code][1]}`).join('. ');
    responses[status] = { description, content: { 'application/problem+json': { schema } } };
  }
  return responses;
}

function entries(examples: Partial<Record<ErrorCode, string>>): [ErrorCode, string][] {
  return Object.entries(examples) as [ErrorCode, string][];
}

/** What can go wrong on every route. */
export const COMMON_PROBLEMS = {
  internal_error: 'The request failed on our side; its id is in our log',
} as const;

/** What can go wrong with every JSON body. */
export const BODY_PROBLEMS = {
  ...COMMON_PROBLEMS,
  malformed_json: 'The body is not valid JSON',
  invalid_request: 'The request does not fit its schema',
  body_too_large: 'The body may have at most 268435456 bytes (SURETY_MAX_BODY_BYTES)',
  unsupported_media_type: "Expected 'application/json'",
} as const;
