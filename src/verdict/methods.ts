/** Of each method, the classifier that its certificates speak about, and whether it draws label noise. */
export const METHODS = {
  exact: { classifier: 'ridge', noisy: false },
  smoothed: { classifier: 'smoothed', noisy: true },
  'monte-carlo': { classifier: 'smoothed', noisy: true },
  partition: { classifier: 'ensemble', noisy: false },
} as const;

export type Method = keyof typeof METHODS;

export type Classifier = (typeof METHODS)[Method]['classifier'];

/** In the order of the table. */
export const METHOD_NAMES = Object.keys(METHODS) as [Method, ...Method[]];

/** Each once. */
export const CLASSIFIERS = [...new Set(Object.values(METHODS).map(({ classifier }) => classifier))] as [
  Classifier,
  ...Classifier[],
];

/** Whether a method draws label noise, whose probability a request may then give. */
export function isNoisy(method: Method): boolean {
  return METHODS[method].noisy;
}
