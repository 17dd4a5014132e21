import { eachSchema } from './schemas.ts';

const INT32 = 2 ** 31;

/** Tells languages whose integers have a size which one holds those that a schema allows. */
export function addIntegerFormats(part: object): void {
  eachSchema(part, (schema) => {
    const { type, minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = schema;
    if (!(type === 'integer' || (Array.isArray(type) && type.includes('integer')))) return;
    schema.format = minimum >= -INT32 && maximum < INT32 ? 'int32' : 'int64';
  });
}
