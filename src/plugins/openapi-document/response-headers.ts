import type { OpenAPIV3_1 } from 'openapi-types';
import { operationsOf } from './operations.ts';

type Header = OpenAPIV3_1.HeaderObject;

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const LIMITED = 'Absent where requests are not counted';

/** Headers of answers by what they are called here; a name may say different things at different statuses. */
const HEADERS: Readonly<Record<string, Header & { readonly name: string }>> = {
  RequestId: {
    name: 'X-Request-Id',
    description: 'As the request gave it, else a new one; the log has it in every line',
    required: true,
    schema: text,
  },
  RateLimitLimit: {
    name: 'RateLimit-Limit',
    description: `Requests that the caller may send in a minute. ${LIMITED}`,
    schema: count,
  },
  RateLimitRemaining: {
    name: 'RateLimit-Remaining',
    description: `How many of them are left. ${LIMITED}`,
    schema: count,
  },
  RateLimitReset: {
    name: 'RateLimit-Reset',
    description: `Seconds until all of them may be sent again. ${LIMITED}`,
    schema: count,
  },
  RetryAfter: {
    name: 'Retry-After',
    description: 'Seconds after which to try again',
    required: true,
    schema: count,
  },
  Challenge: {
    name: 'WWW-Authenticate',
    description: 'Bearer; with error="invalid_token" where a key or token was sent',
    required: true,
    schema: text,
  },
  NeededScopes: {
    name: 'WWW-Authenticate',
    description: 'Bearer, error="insufficient_scope" and the scopes needed. Absent with code foreign_origin',
    schema: text,
  },
};

const RATE_LIMIT = ['RateLimitLimit', 'RateLimitRemaining', 'RateLimitReset'];
const OF_ERRORS: Readonly<Record<string, readonly string[]>> = {
  401: ['Challenge'],
  403: ['NeededScopes'],
  429: [...RATE_LIMIT, 'RetryAfter'],
  503: ['RetryAfter'],
};

/** Says of each response which headers it has, as references to components. Those that a route declares are always sent. */
export function addHeaders(document: OpenAPIV3_1.Document): void {
  const named: Record<string, Header> = {};
  for (const { responses = {} } of operationsOf(document)) {
    const ofAnswers = '429' in responses ? RATE_LIMIT : [];
    for (const [status, one] of Object.entries(responses)) {
      const response = one as OpenAPIV3_1.ResponseObject;
      const references: Record<string, OpenAPIV3_1.ReferenceObject> = {};
      const add = (component: string, name: string, header: Header) => {
        named[component] = structuredClone(header); // what is shared YAML would write as an anchor
        references[name] = { $ref: `#/components/headers/${component}` };
      };
      for (const [name, header] of Object.entries(response.headers ?? {}))
        add(name, name, { ...header, required: true });
      for (const component of [
        'RequestId',
        ...(OF_ERRORS[status] ?? (Number(status) < 400 ? ofAnswers : [])),
      ]) {
        const { name, ...header } = HEADERS[component]!;
        add(component, name, header);
      }
      response.headers = references;
    }
  }
  document.components = { ...document.components, headers: named };
}
