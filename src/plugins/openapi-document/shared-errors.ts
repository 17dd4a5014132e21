import { STATUS_CODES } from 'node:http';
import type { OpenAPIV3_1 } from 'openapi-types';
import { operationsOf } from './operations.ts';

const PROBLEM = 'application/problem+json';

type Response = OpenAPIV3_1.ResponseObject;

/**
 * Moves the error responses into the components: one a status, with the examples of all operations. Each operation refers to it,
 * and says in its description which of the codes it gives.
 */
export function shareErrors(document: OpenAPIV3_1.Document): void {
  const shared: Record<number, Response> = {};
  const nameOf = (status: number) => STATUS_CODES[status]!.replaceAll(/\W/g, '');
  for (const { responses = {} } of operationsOf(document)) {
    for (const status of Object.keys(responses).map(Number)) {
      if (status < 400) continue;
      const own = responses[status] as Response;
      const known = examplesOf(shared[status]);
      const examples = { ...known, ...examplesOf(own), ...known };
      const { schema } = own.content![PROBLEM]!;
      shared[status] = {
        ...own,
        description: listed(examples),
        content: { [PROBLEM]: { schema: schema!, examples } },
      };
      const $ref = `#/components/responses/${nameOf(status)}`;
      responses[status] = { $ref, description: listed(examplesOf(own)) };
    }
  }
  const named = Object.entries(shared).map(([status, response]) => [nameOf(Number(status)), response]);
  document.components = { ...document.components, responses: Object.fromEntries(named) };
}

/** The examples of an error response, which go by the codes. */
function examplesOf(response: Response | undefined): object {
  return response?.content?.[PROBLEM]?.examples ?? {};
}

function listed(examples: object): string {
  return Object.keys(examples)
    .map((code) => `\`${code}\``)
    .join(', ');
}
