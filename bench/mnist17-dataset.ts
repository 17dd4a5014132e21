import type { Dataset } from '../src/ingest/dataset.ts';
import { mnist17 } from './data.ts';

/** MNIST 1 against 7 as a registration has it, and its test digits with their class names. */
export function mnist17Dataset(): { dataset: Dataset; instances: number[][]; labels: string[] } {
  const { width, training, trainingLabels, test, testLabels } = mnist17();
  const classes = ['one', 'seven'];
  return {
    dataset: {
      data: { kind: 'vectors', rows: trainingLabels.length, width, values: training },
      labels: { classes, codes: trainingLabels },
      target: null,
      ignored: [],
      warnings: [],
    },
    instances: Array.from(testLabels, (_, row) => [...test.subarray(row * width, (row + 1) * width)]),
    labels: Array.from(testLabels, (label) => classes[label]!),
  };
}
