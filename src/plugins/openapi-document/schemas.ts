/** Where references to named schemas begin. */
export const SCHEMAS = '#/components/schemas/';

/** A JSON Schema, as far as the passes over the document look into it. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  example?: unknown;
  examples?: unknown;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number | boolean;
  exclusiveMaximum?: number | boolean;
  contentMediaType?: string;
  nullable?: boolean;
  properties?: Record<string, Schema>;
  propertyNames?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  discriminator?: { propertyName: string; mapping: Record<string, string> };
}

/** Keywords whose values are no schemas, however much they look like some. */
const VALUES = new Set(['default', 'const', 'enum', 'example', 'examples', 'discriminator']);

/** Calls `visit` with each schema in a part of the document: the part itself, and what it is made of. */
export function eachSchema(part: object, visit: (schema: Schema) => void): void {
  visit(part);
  for (const [key, value] of Object.entries(part)) {
    if (typeof value !== 'object' || value === null || VALUES.has(key)) continue;
    // Properties are schemas by name, and a name may be that of a keyword.
    if (key === 'properties') for (const one of Object.values(value)) eachSchema(one as object, visit);
    else eachSchema(value, visit);
  }
}
