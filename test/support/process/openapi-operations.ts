import type { OpenAPIV3_1 } from 'openapi-types';
import { expect } from 'vitest';
import { resolved } from './openapi.ts';

const METHODS = ['get', 'post', 'delete'] as const;

export interface Operation {
  /** With the names of parameters in braces. */
  readonly path: string;
  readonly method: (typeof METHODS)[number];
  readonly operation: OpenAPIV3_1.OperationObject;
}

export function operations(document: OpenAPIV3_1.Document): Operation[] {
  const found = Object.entries(document.paths!).flatMap(([path, item]) =>
    Object.entries(item!).map(([method, operation]) => ({
      path,
      method: method as Operation['method'],
      operation: operation as OpenAPIV3_1.OperationObject,
    })),
  );
  for (const { path, method } of found) expect(METHODS, `${path}: a method that is tried`).toContain(method);
  return found;
}

/** What the body of an operation may be in a media type. */
export function mediaOf(
  { requestBody }: OpenAPIV3_1.OperationObject,
  type = 'application/json',
): OpenAPIV3_1.MediaTypeObject | undefined {
  return (requestBody as OpenAPIV3_1.RequestBodyObject | undefined)?.content[type];
}

/** The example bodies of an operation: of its media type, or of its schema. */
export function jsonExamples(operation: OpenAPIV3_1.OperationObject): object[] {
  const { example, examples, schema } = mediaOf(operation) ?? {};
  const named = Object.values(examples ?? {}).map((one) => (one as { value: object }).value);
  const own = schema === undefined ? [] : ((resolved(schema) as { examples?: object[] }).examples ?? []);
  return [...(example === undefined ? [] : [example]), ...named, ...own];
}

/** The path with the examples of its parameters, or what `value` makes of them. */
export function filled(
  path: string,
  { parameters = [] }: OpenAPIV3_1.OperationObject,
  value: (example: string) => string = (example) => example,
): string {
  return (parameters as OpenAPIV3_1.ParameterObject[]).reduce((filling, { name, schema, example: own }) => {
    const example = own ?? (schema as { examples?: unknown[] }).examples?.[0];
    expect(example, `${path}: ${name} has an example`).toBeDefined();
    return filling.replace(`{${name}}`, value(String(example)));
  }, path);
}
