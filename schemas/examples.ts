/**
 * The table that the documentation's examples register: sixteen synthetic loans, in the columns of `npm run
 * demo`.
 */
export const EXAMPLE_MODEL = 'loan-applications';

export const EXAMPLE_COLUMNS = [
  'income',
  'amount',
  'months',
  'employment',
  'purpose',
  'owns_home',
  'late_payments',
  'outcome',
];

export const EXAMPLE_ROWS = [
  [4200, 8000, 24, 'salaried', 'car', true, 0, 'repaid'],
  [1900, 9500, 48, 'unemployed', 'debt', false, 4, 'defaulted'],
  [3600, 5000, 18, 'self-employed', 'business', true, 1, 'repaid'],
  [2100, 12000, 60, 'self-employed', 'debt', false, 3, 'defaulted'],
  [5100, 15000, 36, 'salaried', 'renovation', true, 0, 'repaid'],
  [null, 7000, 36, 'unemployed', 'car', false, 5, 'defaulted'],
  [3900, 4000, 12, 'salaried', 'car', false, 0, 'repaid'],
  [2600, 11000, 48, 'salaried', 'debt', false, 2, 'defaulted'],
  [4700, 6000, 24, 'retired', 'renovation', true, 0, 'repaid'],
  [1700, 3000, 24, 'unemployed', 'debt', false, 3, 'defaulted'],
  [3300, 7500, 30, 'salaried', 'business', true, 0, 'repaid'],
  [2300, 10000, 60, 'self-employed', 'business', false, 2, 'defaulted'],
  [4100, 3500, 12, 'retired', 'car', true, 1, 'repaid'],
  [2000, 8500, 36, 'salaried', 'debt', false, 4, 'defaulted'],
  [3800, 9000, 24, 'salaried', 'renovation', true, 0, 'repaid'],
  [2500, 14000, 60, 'self-employed', 'car', false, 1, 'defaulted'],
];

/** Declared, so that a label spelled otherwise is refused. */
export const EXAMPLE_CLASSES = ['defaulted', 'repaid'];

export const EXAMPLE_SETTINGS = { partitions: { count: 5, threat: 'labels' } };

const INSTANCE = {
  income: 4400,
  amount: 7000,
  months: 24,
  employment: 'salaried',
  purpose: 'car',
  owns_home: true,
  late_payments: 0,
};

/** On a fresh service they would be 404. */
export const EXAMPLES_NEED =
  'The examples ask about the model that the example of POST /models registers: run POST /models first.';

export const EXAMPLE_EXACT_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  explain: { breakingSet: true },
};

export const EXAMPLE_EXPLAINED_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  explain: {
    breakingSet: true,
    radius: true,
    reasons: 4,
    influentialRows: 3,
    invariantTo: ['late_payments', 'employment'],
  },
};

export const EXAMPLE_SMOOTHED_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  method: 'smoothed',
  noise: { q: 0.1 },
  require: { flips: 5 },
};

export const EXAMPLE_THREAT_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  threat: {
    rows: {
      or: [
        { column: 'employment', in: ['salaried'] },
        { column: 'months', atMost: 24 },
      ],
    },
    transitions: [['repaid', 'defaulted']],
  },
  explain: { breakingSet: true },
};

export const EXAMPLE_MONTE_CARLO_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  method: 'monte-carlo',
  noise: { q: 0.1 },
  monteCarlo: { samples: 10_000, confidence: 0.999, seed: 1 },
};

export const EXAMPLE_PARTITION_REQUEST = {
  model: EXAMPLE_MODEL,
  instances: [INSTANCE],
  method: 'partition',
};

/**
 * The answers to the registration and the first request above; a test holds them against the service's own.
 */
export const EXAMPLE_REGISTERED = {
  name: 'loan-applications',
  version: 1,
  digest: 'sha256:52a0009d0b194f95454a1dc58665fd6a297d3e247073577f8a9e6cc1746a7f24',
  createdAt: '2026-11-23T12:00:00.000Z',
  rows: 16,
  features: 14,
  classes: [
    { name: 'defaulted', rows: 8 },
    { name: 'repaid', rows: 8 },
  ],
  columns: [
    { name: 'income', type: 'number' },
    { name: 'amount', type: 'number' },
    { name: 'months', type: 'number' },
    { name: 'employment', type: 'category', levels: ['retired', 'salaried', 'self-employed', 'unemployed'] },
    { name: 'purpose', type: 'category', levels: ['business', 'car', 'debt', 'renovation'] },
    { name: 'owns_home', type: 'boolean' },
    { name: 'late_payments', type: 'number' },
  ],
  settings: {
    centre: true,
    intercept: false,
    lambda: { relative: 1, absolute: 6.482142889594804 },
    rule: { kind: 'argmax' },
    noise: { q: 0.2 },
    weights: 'raw',
    partitions: { count: 5, threat: 'labels' },
    features: { standardise: true, unitNorm: false, randomFourier: null },
  },
  warnings: [],
};

export const EXAMPLE_CERTIFIED = {
  model: {
    name: 'loan-applications',
    version: 1,
    digest: 'sha256:52a0009d0b194f95454a1dc58665fd6a297d3e247073577f8a9e6cc1746a7f24',
  },
  method: 'exact',
  classifier: 'ridge',
  results: [
    {
      status: 'certified',
      prediction: 'repaid',
      abstained: false,
      scores: { defaulted: -0.464843342368161, repaid: 0.4648433423681609 },
      margin: 0.9296866847363219,
      certificate: {
        method: 'exact',
        flips: 4,
        fraction: 0.25,
        guarantee: 'deterministic',
        breaksWith: 5,
        unbreakable: false,
      },
      explanation: {
        breakingSet: [
          { row: 0, from: 'repaid', to: 'defaulted' },
          { row: 1, from: 'defaulted', to: 'repaid' },
          { row: 3, from: 'defaulted', to: 'repaid' },
          { row: 6, from: 'repaid', to: 'defaulted' },
          { row: 11, from: 'defaulted', to: 'repaid' },
        ],
      },
    },
  ],
};

export const EXAMPLE_GAUSSIAN_VOTES = {
  noise: { kind: 'gaussian', sigma: 0.5 },
  votes: { top: 990, runnerUp: 7, total: 1000 },
  confidence: 0.999,
};

export const EXAMPLE_LABEL_VOTES = {
  noise: { kind: 'labels', q: 0.2, classes: 2 },
  votes: { top: 9990, total: 10_000 },
};

/** The answers to the two requests above, held against the service's own. */
export const EXAMPLE_CERTIFIED_RADIUS = {
  kind: 'gaussian',
  abstained: false,
  pLower: 0.9749365668583669,
  pUpper: 0.02051343749251111,
  radius: 1.000534523288493,
};

export const EXAMPLE_CERTIFIED_FLIPS = {
  kind: 'labels',
  abstained: false,
  pLower: 0.9975883080325681,
  flips: 5,
};
