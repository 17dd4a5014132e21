import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { certificateSchema } from '../../schemas/certificates.ts';
import { certifyResponseSchema, METHODS as METHOD_NAMES, NOISY } from '../../schemas/certify.ts';
import type { evaluateResponseSchema } from '../../schemas/evaluate.ts';
import type { explanationSchema } from '../../schemas/explain.ts';
import type { EvaluationReport } from '../../src/evaluate/evaluate.ts';
import type { CertificateResult, Explanation } from '../../src/verdict/certified-prediction.ts';
import { METHODS } from '../../src/verdict/methods.ts';

describe('the methods of the interface', () => {
  it('are those of the models, with their classifiers and their use of noise', () => {
    const methods = Object.entries(METHODS);
    expect([...METHOD_NAMES]).toEqual(methods.map(([name]) => name));
    expect(NOISY).toEqual(methods.filter(([, { noisy }]) => noisy).map(([name]) => name));
    expect(new Set(certifyResponseSchema.shape.classifier.options)).toEqual(
      new Set(methods.map(([, { classifier }]) => classifier)),
    );
  });
});

// Routes only compile when what they answer fits its schema; but a serializer leaves out what the schema does not
// name. These lines do not compile when it forgets something.
describe('the schemas of answers', () => {
  it('name all that a certificate, an explanation and an evaluation have', () => {
    expectTypeOf<z.output<typeof certificateSchema>>().toExtend<CertificateResult>();
    expectTypeOf<keyof z.output<typeof explanationSchema>>().toEqualTypeOf<keyof Explanation>();
    expectTypeOf<z.output<typeof evaluateResponseSchema>>().toExtend<EvaluationReport>();
  });
});
