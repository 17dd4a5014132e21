import { eachSchema, SCHEMAS, type Schema } from './schemas.ts';

/** Says of each choice between named schemas by which member, of a constant value in each of them, they are told apart. */
export function addDiscriminators(document: object, schemas: Readonly<Record<string, Schema>>): void {
  const named = (ref: string) => schemas[ref.slice(SCHEMAS.length)]!;
  /** The constant that a member has in a schema, or in all of its choices. */
  const constantOf = (schema: Schema, member: string): unknown => {
    if (schema.oneOf === undefined) return schema.properties?.[member]?.const;
    const constants = new Set(schema.oneOf.map(({ $ref }) => $ref && constantOf(named($ref), member)));
    return constants.size === 1 ? [...constants][0] : undefined;
  };
  const membersOf = (schema: Schema): string[] =>
    Object.keys(schema.properties ?? named(schema.oneOf?.[0]?.$ref ?? '')?.properties ?? {});

  eachSchema(document, (choice) => {
    const refs = (choice.oneOf ?? []).flatMap(({ $ref }) => $ref ?? []);
    if (refs.length === 0 || refs.length !== choice.oneOf!.length) return;
    for (const propertyName of membersOf(named(refs[0]!))) {
      const constants = refs.map((ref) => constantOf(named(ref), propertyName));
      if (!constants.every((one) => typeof one === 'string')) continue;
      if (new Set(constants).size < constants.length) continue;
      const mapping = Object.fromEntries(constants.map((constant, k) => [constant, refs[k]!]));
      choice.discriminator = { propertyName, mapping };
      return;
    }
  });
}
