import type { OpenAPIV3_1 } from 'openapi-types';
import { describe, expect, it } from 'vitest';
import { document, misfitsOf } from './support/process/openapi.ts';
import { jsonExamples, operations } from './support/process/openapi-operations.ts';

describe('openapi.yaml', () => {
  it('has every component that it refers to, and no other', () => {
    const { schemas, responses, headers } = document.components;
    const named = Object.entries({ schemas, responses, headers }).flatMap(([kind, components]) =>
      Object.keys(components).map((name) => `#/components/${kind}/${name}`),
    );
    const referred = new Set<string>();
    JSON.stringify(document, (key, value) => {
      if (key === '$ref') referred.add(value);
      return value;
    });
    expect([...referred].sort()).toEqual(named.sort());
  });

  const all = operations(document as unknown as OpenAPIV3_1.Document);
  const withBody = all.filter(({ operation }) => operation.requestBody !== undefined);

  it.each(withBody.map((one) => [one.operation.operationId!, one] as const))(
    'names the body of %s, whose schema compiles and takes its own examples and nothing that is unknown',
    (operationId, { operation }) => {
      const name = `${operationId[0]!.toUpperCase()}${operationId.slice(1)}Request`;
      const examples = jsonExamples(operation);
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) {
        expect(misfitsOf(name, example)).toBeNull();
        expect(misfitsOf(name, { ...example, unheardOf: 1 })).toContain('additional properties');
      }
    },
  );
});
