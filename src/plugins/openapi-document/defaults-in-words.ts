import { eachSchema, type Schema } from './schemas.ts';

/**
 * Moves the defaults of members into their descriptions. A generated client takes a member with a default for one that is
 * always there, which is true of answers and wrong of requests: it would insist on each of them.
 */
export function putDefaultsIntoWords(schemas: Readonly<Record<string, Schema>>): void {
  for (const schema of Object.values(schemas)) {
    eachSchema(schema, ({ properties = {} }) => {
      for (const [name, { default: value, ...rest }] of Object.entries(properties)) {
        if (value === undefined) continue;
        const words = `Default: \`${JSON.stringify(value)}\``;
        const description = rest.description === undefined ? words : `${rest.description}. ${words}`;
        properties[name] = { ...rest, description };
      }
    });
  }
}
