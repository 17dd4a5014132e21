import { EXAMPLE_COLUMNS, EXAMPLE_MODEL } from './examples.ts';

/** Eight more loans with their outcomes, for an evaluation of the model that the documentation's examples register. */
const TEST_ROWS = [
  [4000, 6000, 24, 'salaried', 'car', true, 0, 'repaid'],
  [2200, 9000, 48, 'unemployed', 'debt', false, 3, 'defaulted'],
  [3500, 8000, 36, 'self-employed', 'business', false, 1, 'repaid'],
  [2400, 13000, 60, 'salaried', 'renovation', false, 1, 'defaulted'],
  [4600, 5000, 12, 'retired', 'car', true, 0, 'repaid'],
  [1800, 4000, 24, 'unemployed', 'car', false, 4, 'defaulted'],
  [2900, 7000, 30, 'salaried', 'debt', true, 2, 'repaid'],
  [3100, 11000, 48, 'self-employed', 'business', true, 2, 'defaulted'],
];

const INSTANCES = TEST_ROWS.map((row) =>
  Object.fromEntries(EXAMPLE_COLUMNS.slice(0, -1).map((column, c) => [column, row[c]])),
);
const LABELS = TEST_ROWS.map((row) => row.at(-1));

export const EXAMPLE_EVALUATE_REQUEST = { model: EXAMPLE_MODEL, instances: INSTANCES, labels: LABELS };

export const EXAMPLE_COMPARE_REQUEST = {
  ...EXAMPLE_EVALUATE_REQUEST,
  compare: [
    { method: 'exact' },
    { method: 'smoothed', noise: { q: 0.1 } },
    { method: 'smoothed', noise: { q: 0.3 }, name: 'smoothed, much noise' },
  ],
};

export const EXAMPLE_SWEEP_REQUEST = {
  ...EXAMPLE_EVALUATE_REQUEST,
  compare: [
    { lambda: { relative: 1 } },
    { lambda: { relative: 100 } },
    { lambda: { relative: 100 }, weights: 'sign' },
  ],
};

/** The answer to the first request above; a test holds it against the service's own. */
export const EXAMPLE_EVALUATED = {
  model: {
    name: 'loan-applications',
    version: 1,
    digest: 'sha256:52a0009d0b194f95454a1dc58665fd6a297d3e247073577f8a9e6cc1746a7f24',
  },
  rows: 8,
  majorityAccuracy: 0.5,
  evaluations: [
    {
      name: 'exact',
      method: 'exact',
      classifier: 'ridge',
      cleanAccuracy: 1,
      balancedAccuracy: 1,
      auc: 1,
      medianFlips: 1,
      ceilingMedianFlips: 7,
      abstentions: 0,
      mostGivenAnswer: { class: 'defaulted', share: 0.5 },
      perClass: [
        {
          class: 'defaulted',
          rows: 4,
          recall: 1,
          certifiedRecall: [
            { percent: 1, flips: 1, recall: 0.75 },
            { percent: 2, flips: 1, recall: 0.75 },
            { percent: 4, flips: 1, recall: 0.75 },
            { percent: 8, flips: 2, recall: 0.25 },
            { percent: 16, flips: 3, recall: 0.25 },
          ],
        },
        {
          class: 'repaid',
          rows: 4,
          recall: 1,
          certifiedRecall: [
            { percent: 1, flips: 1, recall: 0.5 },
            { percent: 2, flips: 1, recall: 0.5 },
            { percent: 4, flips: 1, recall: 0.5 },
            { percent: 8, flips: 2, recall: 0.5 },
            { percent: 16, flips: 3, recall: 0.5 },
          ],
        },
      ],
      warnings: [
        {
          code: 'class_of_few_rows',
          detail:
            "class 'defaulted' has 4 test rows, fewer than 30: its recall, and balancedAccuracy, are rough",
        },
        {
          code: 'class_of_few_rows',
          detail:
            "class 'repaid' has 4 test rows, fewer than 30: its recall, and balancedAccuracy, are rough",
        },
      ],
      at: [
        { percent: 1, flips: 1, certifiedAccuracy: 0.625, certifiedBalancedAccuracy: 0.625 },
        { percent: 2, flips: 1, certifiedAccuracy: 0.625, certifiedBalancedAccuracy: 0.625 },
        { percent: 4, flips: 1, certifiedAccuracy: 0.625, certifiedBalancedAccuracy: 0.625 },
        { percent: 8, flips: 2, certifiedAccuracy: 0.375, certifiedBalancedAccuracy: 0.375 },
        { percent: 16, flips: 3, certifiedAccuracy: 0.375, certifiedBalancedAccuracy: 0.375 },
      ],
      curve: [
        { flips: 0, certifiedAccuracy: 1, certifiedBalancedAccuracy: 1 },
        { flips: 1, certifiedAccuracy: 0.625, certifiedBalancedAccuracy: 0.625 },
        { flips: 2, certifiedAccuracy: 0.375, certifiedBalancedAccuracy: 0.375 },
        { flips: 3, certifiedAccuracy: 0.375, certifiedBalancedAccuracy: 0.375 },
        { flips: 4, certifiedAccuracy: 0.125, certifiedBalancedAccuracy: 0.125 },
        { flips: 5, certifiedAccuracy: 0, certifiedBalancedAccuracy: 0 },
      ],
    },
  ],
  undefended: {
    curve: [
      { flips: 0, accuracy: 0.875 },
      { flips: 1, accuracy: 0 },
    ],
  },
};

export const EXAMPLE_FIGURE =
  '<svg width="960" height="640" xmlns="http://www.w3.org/2000/svg" role="img"><title>Certified accuracy of loan-applications, version 1</title></svg>';

export const EXAMPLE_EVENTS =
  'event: progress\ndata: {"done":0,"total":16}\n\nevent: progress\ndata: {"done":16,"total":16}\n\nevent: result\ndata: {"model":{"name":"loan-applications"}}\n\n';
