import type { FigureData } from '../../../src/figure/figure-data.ts';

/** Names that would end an element, an attribute or a script if they were not escaped. */
export const HOSTILE_NAMES = [
  `</text></svg><script>document.title = 'injected'</script>`,
  `"><image href="http://example.org/x.png" onerror="alert(1)"/>`,
  `a & b &lt; c <!-- ' "`,
  'url(#zr1-c0) zr7-cls-0',
  ']]><style>text{display:none}</style>',
];

export const NAMES = [
  'exact',
  'exact, lambda 100 (relative)',
  'exact, lambda 10000 (relative), sign weights',
  'smoothed, q = 0.05, lambda 10000 (relative)',
  'smoothed, q = 0.2, lambda 10000 (relative)',
  'a name that somebody gave, so long that the legend needs a second line of text for it',
];

/** A figure like that of 13,007 training rows: curves that fall one after the other. */
export function figureOf(names: readonly string[]): FigureData {
  const falling = (clean: number, middle: number, most: number) => {
    const step = Math.max(1, Math.ceil(most / 200));
    const count = Math.ceil(most / step);
    return Array.from({ length: count + 1 }, (_, k) => {
      const flips = Math.min(most, k * step);
      const share = flips === most ? 0 : clean / (1 + Math.exp((flips - middle) / (middle / 6)));
      return { flips, certifiedAccuracy: share, accuracy: share };
    });
  };
  return {
    model: { name: 'mnist-1-7', version: 3 },
    rows: 2163,
    trainingRows: 13_007,
    majorityAccuracy: 0.5247,
    evaluations: names.map((name, k) => ({
      name,
      curve: falling(0.98 - 0.005 * k, 300 + 450 * k, Math.min(6400, 700 + 900 * k)),
    })),
    undefended: { curve: falling(0.99, 40, 130) },
  };
}
