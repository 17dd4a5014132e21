import { type CertifiedRows, certifiedAccuracyCurve } from '../src/certify/certified-accuracy.ts';
import { certifiedAccuracyFigure } from '../src/figure/certified-accuracy-figure.ts';
import type { Model } from '../src/model/model.ts';

/** The figure of `POST /evaluate` for curves that a benchmark has measured, by their names. */
export function figureOf(
  model: Model,
  labels: readonly string[],
  curves: ReadonlyMap<string, CertifiedRows>,
  undefended: CertifiedRows,
): string {
  const mostFrequent = model.classes[model.counts.indexOf(Math.max(...model.counts))];
  return certifiedAccuracyFigure({
    model,
    rows: labels.length,
    trainingRows: model.labels.length,
    majorityAccuracy: labels.filter((label) => label === mostFrequent).length / labels.length,
    evaluations: [...curves].map(([name, rows]) => ({
      name,
      curve: certifiedAccuracyCurve(rows).map(({ flips, share }) => ({ flips, certifiedAccuracy: share })),
    })),
    undefended: {
      curve: certifiedAccuracyCurve(undefended).map(({ flips, share }) => ({ flips, accuracy: share })),
    },
  });
}
