import type { Method } from './certifier.ts';

/** Of each method, the classifier that its certificates speak about, and whether it draws label noise. */
export const METHODS = {
  exact: { classifier: 'ridge', noisy: false },
  smoothed: { classifier: 'smoothed', noisy: true },
  'monte-carlo': { classifier: 'smoothed', noisy: true },
  partition: { classifier: 'ensemble', noisy: false },
} as const satisfies Record<Method, { classifier: string; noisy: boolean }>;

export type Classifier = (typeof METHODS)[Method]['classifier'];
