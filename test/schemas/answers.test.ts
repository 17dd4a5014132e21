import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { certificateSchema } from '../../schemas/certificates.ts';
import type { evaluateResponseSchema } from '../../schemas/evaluate.ts';
import type { explanationSchema } from '../../schemas/explain.ts';
import type { EvaluationReport } from '../../src/evaluate/evaluate.ts';
import type { CertificateResult, Explanation } from '../../src/verdict/certified-prediction.ts';

// Routes only compile when what they answer fits its schema; but a serializer leaves out what the schema does not
// name. These lines do not compile when it forgets something.
describe('the schemas of answers', () => {
  it('name all that a certificate, an explanation and an evaluation have', () => {
    expectTypeOf<z.output<typeof certificateSchema>>().toExtend<CertificateResult>();
    expectTypeOf<keyof z.output<typeof explanationSchema>>().toEqualTypeOf<keyof Explanation>();
    expectTypeOf<z.output<typeof evaluateResponseSchema>>().toExtend<EvaluationReport>();
  });
});
