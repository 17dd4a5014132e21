import { serializerCompiler } from 'fastify-type-provider-zod';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { isLong, partsOf } from '../../routes/certified-answer.ts';
import { certifyResponseSchema } from '../../schemas/certify.ts';

type Answer = z.input<typeof certifyResponseSchema>;
type Result = Answer['results'][number];
type Explained = Extract<Result, { explanation?: unknown }>;

const route = { schema: certifyResponseSchema, method: 'POST', url: '/certify' };
const write = serializerCompiler(route) as (answer: Answer) => string;

const certificate = {
  method: 'exact',
  guarantee: 'deterministic',
  ...{ flips: 3, fraction: 0.1, breaksWith: 4, unbreakable: false },
} as const;
/** Names that look like the lists which are written apart. */
const TRICKY = '"results":[] "breakingSet":[]';

function certified(explanation?: Explained['explanation'], classes = 2): Result {
  const names = Array.from({ length: classes }, (_, k) =>
    k === 0 ? 'breakingSet' : k === 1 ? TRICKY : `${k}`,
  );
  const scores = Object.fromEntries(names.map((name, k) => [name, k / 3]));
  return {
    status: 'certified',
    prediction: TRICKY,
    abstained: false,
    scores,
    margin: 0.5,
    certificate,
    warnings: [TRICKY],
    explanation,
  };
}
const refused: Result = { status: 'refused', error: { code: 'wrong_type', detail: TRICKY } };
const flips = (count: number) => Array.from({ length: count }, (_, row) => ({ row, from: TRICKY, to: 'b' }));
const answerOf = (results: Result[]): Answer => ({
  model: { name: 'm', version: 1, digest: TRICKY },
  method: 'exact',
  classifier: 'ridge',
  threat: { description: TRICKY, rows: 3 },
  results,
});
const influentialRows = Array.from({ length: 5000 }, (_, row) => ({
  row,
  label: 'a',
  contribution: 1 / (row + 1),
}));
const reasons = [{ column: TRICKY, contribution: 2 }];

const ANSWERS: [what: string, results: Result[]][] = [
  ['many results', Array.from({ length: 3000 }, (_, k) => (k % 7 === 0 ? refused : certified()))],
  ['many classes', Array.from({ length: 20 }, () => certified(undefined, 700))],
  ['breaking sets', [1500, 4000, 2, 999].map((count) => certified({ breakingSet: flips(count) }))],
  [
    'explanations of all sizes',
    [
      certified({ breakingSet: flips(2500), reasons, influentialRows, baseline: 1 }),
      certified({ breakingSet: null, reasons }),
      refused,
      certified({ breakingSet: [], influentialRows }),
      certified({ breakingSet: flips(1001), radius: { l2: null, linf: 1, proven: true } }),
      certified({ breakingSet: flips(1000), radius: { l2: 2, linf: 1, proven: true } }),
    ],
  ],
];

describe('a long answer in parts', () => {
  it.each(ANSWERS)('is what it is at once: %s', (_, results) => {
    const answer = answerOf(results);
    expect(isLong(answer)).toBe(true);
    expect([...partsOf(answer, write)].join('')).toBe(write(answer));
  });

  it.each(ANSWERS.slice(0, 2))('is written in short steps: %s', (_, results) => {
    let longest = 0;
    const measured = (answer: Answer) => {
      const text = write(answer);
      longest = Math.max(longest, text.length);
      return text;
    };
    const answer = answerOf(results);
    for (const part of partsOf(answer, measured)) expect(part.length).toBeLessThan(100_000);
    expect(longest).toBeLessThan(write(answer).length / 4);
  });

  it('is not what a few results are', () => {
    expect(isLong(answerOf([certified({ breakingSet: flips(120) }), certified(undefined, 100)]))).toBe(false);
  });
});
