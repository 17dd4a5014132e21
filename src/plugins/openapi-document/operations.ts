import type { OpenAPIV3_1 } from 'openapi-types';

const METHODS = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'trace'] as const;

/** All operations of the document. */
export function operationsOf({ paths }: OpenAPIV3_1.Document): OpenAPIV3_1.OperationObject[] {
  return Object.values(paths ?? {}).flatMap((item) => METHODS.flatMap((method) => item?.[method] ?? []));
}
