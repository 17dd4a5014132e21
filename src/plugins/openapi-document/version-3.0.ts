import type { OpenAPIV3_1 } from 'openapi-types';
import { operationsOf } from './operations.ts';
import { eachSchema, SCHEMAS, type Schema } from './schemas.ts';

/** The document as OpenAPI 3.0, for tools that read no other: what 3.0 cannot say is left out. */
export function inVersion30(document: OpenAPIV3_1.Document): object {
  const copy = structuredClone(document);
  const { identifier: _, ...license } = copy.info.license!;
  copy.info.license = license;
  // Which scope is needed is in the descriptions; 3.0 has scopes for OAuth 2 only.
  for (const { security = [] } of operationsOf(copy))
    for (const needed of security) for (const scheme of Object.keys(needed)) needed[scheme] = [];
  eachSchema(copy, (schema) => {
    withoutNull(schema);
    withOneType(schema);
    withOldKeywords(schema);
    withBareReference(schema);
  });
  return { ...copy, openapi: '3.0.3' };
}

/** In 3.0, where only what has a `type` can be `nullable`. */
const NULL: Schema = { type: 'object', nullable: true, enum: [null] };

function withoutNull(schema: Schema): void {
  const choices = schema.anyOf?.filter(({ type }) => type !== 'null');
  if (choices === undefined || choices.length === schema.anyOf!.length) return;
  const [only] = choices;
  if (choices.length > 1 || only?.type === undefined) {
    schema.anyOf = [...choices, { ...NULL }];
  } else {
    delete schema.anyOf;
    Object.assign(schema, { ...only, ...schema, nullable: true });
  }
}

function withOneType(schema: Schema): void {
  if (!Array.isArray(schema.type)) return;
  const [first, ...more] = schema.type.filter((type) => type !== 'null') as [string, ...string[]];
  const nullable = schema.type.includes('null') && { nullable: true };
  if (more.length === 0) {
    Object.assign(schema, { type: first }, nullable);
  } else {
    delete schema.type;
    schema.anyOf = [{ type: first, ...nullable }, ...more.map((type) => ({ type }))];
  }
}

function withOldKeywords(schema: Schema): void {
  if (schema.const !== undefined) schema.enum = [schema.const];
  if (Array.isArray(schema.examples)) schema.example = schema.examples[0];
  if (schema.contentMediaType !== undefined) Object.assign(schema, { type: 'string', format: 'binary' });
  if (typeof schema.exclusiveMinimum === 'number')
    Object.assign(schema, { minimum: schema.exclusiveMinimum, exclusiveMinimum: true });
  if (typeof schema.exclusiveMaximum === 'number')
    Object.assign(schema, { maximum: schema.exclusiveMaximum, exclusiveMaximum: true });
  delete schema.const;
  delete schema.contentMediaType;
  delete schema.propertyNames;
  if (Array.isArray(schema.examples)) delete schema.examples;
}

/** A reference has nothing beside it; a schema with more is made of what it refers to. */
function withBareReference(schema: Schema): void {
  const { $ref, ...others } = schema;
  if ($ref === undefined || Object.keys(others).length === 0) return;
  if ($ref.startsWith(SCHEMAS)) {
    delete schema.$ref;
    schema.allOf = [{ $ref }];
  } else {
    for (const key of Object.keys(others) as (keyof typeof others)[]) delete schema[key];
  }
}
