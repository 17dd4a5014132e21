import { LOANS } from '../models/loans.ts';

/** Registered again and again, so that hostile requests have something to be about. */
export const VECTORS = {
  name: 'vectors',
  features: [
    [1, 2, 0.5],
    [3, 5, -1],
    [2, 1, 4],
    [0, 0, 1],
    [5, 4, 3],
  ],
  labels: ['a', 'b', 'a', 'c', 'b'],
};

const vectors = {
  model: 'vectors',
  instances: [
    [1, 2, 3],
    [0.1, -5, 1e3],
  ],
};
const records = LOANS.slice(0, 12);
const settings = {
  centre: true,
  intercept: false,
  lambda: { absolute: 10 },
  rule: { kind: 'threshold', value: 0.5, positive: 'repaid' },
  noise: { q: 0.1 },
  weights: { top: 5, rest: -0.5 },
  features: { standardise: true, unitNorm: true, randomFourier: { components: 20, scale: 1, seed: 3 } },
};

/** Bodies that are good, besides the examples of openapi.yaml, by operation. */
export const MORE_EXAMPLES: Readonly<Partial<Record<string, readonly object[]>>> = {
  registerModel: [
    VECTORS,
    { name: 'loans', target: 'outcome', records },
    {
      name: 'loans',
      target: 'outcome',
      records,
      settings,
      columnTypes: { months: 'category' },
      ignore: ['owns_home'],
    },
    { name: 'loans', target: 'outcome', records, settings: { partitions: { count: 3, threat: 'labels' } } },
  ],
  certify: [
    vectors,
    { ...vectors, explain: { radius: true, influentialRows: 3, breakingSet: true } },
    { ...vectors, method: 'monte-carlo', monteCarlo: { samples: 200, confidence: 0.9, seed: 7 } },
    { ...vectors, threat: { rows: { and: [{ indices: [0, 1] }] }, transitions: [['a', 'b']] } },
  ],
  evaluate: [
    {
      ...vectors,
      labels: ['a', 'c'],
      compare: [{}, { method: 'smoothed', noise: { q: 0.3 } }, { weights: 'sign' }],
    },
  ],
};
