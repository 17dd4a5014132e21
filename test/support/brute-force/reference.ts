import type { DecisionRule } from '../../../src/certify/contest.ts';
import { type ExactCertificate, exactCertificate } from '../../../src/certify/exact.ts';
import type { LabelNoise } from '../../../src/certify/label-noise.ts';
import { NeymanPearsonTable } from '../../../src/certify/neyman-pearson.ts';
import { predict } from '../../../src/certify/predict.ts';
import type { Query } from '../../../src/certify/query.ts';
import { type SmoothedCertificate, smoothedCertificate } from '../../../src/certify/smoothed.ts';
import { ANY_LABEL, type ThreatModel } from '../../../src/certify/threat.ts';
import { GainBuckets } from '../../../src/kernel/gain-buckets.ts';
import { type FeatureRows, wholeRows } from '../../../src/kernel/memory/feature-rows.ts';
import { classSums } from '../../../src/kernel/reference/class-sums.ts';
import { gram } from '../../../src/kernel/reference/gram.ts';
import { choleskyFactor } from '../../../src/ridge/cholesky.ts';
import { columnMeans } from '../../../src/ridge/column-means.ts';
import { contributionsTo, type Ridge } from '../../../src/ridge/ridge.ts';

/** Settings in the form that the golden cases write them. */
export interface RidgeSettings {
  readonly centre: boolean;
  readonly intercept: boolean;
  readonly lambda: { readonly relative?: number; readonly absolute?: number };
}

/** Fits a ridge classifier straight from the parts, without the service around it; with its absolute lambda. */
export function fitRidge(features: number[][], settings: RidgeSettings): Ridge & { lambda: number } {
  const columns = features[0]!.length;
  const rows = wholeRows(Float32Array.from(features.flat()), columns);
  const means = settings.centre ? columnMeans(rows) : new Float64Array(columns);
  const { values, trace } = gramOf(rows, means);
  const lambda = settings.lambda.absolute ?? (settings.lambda.relative! * trace) / columns;
  const factor = choleskyFactor(values, columns, lambda);
  if (factor === null) throw new Error('not positive definite');
  return { features: rows, means, factor, intercept: settings.intercept, rows: features.length, lambda };
}

/** The Gram matrix of features in one array, less their means, and its trace. */
export function gramOf(
  { shards, columns }: FeatureRows,
  means: Float64Array,
): { values: Float64Array; trace: number } {
  const values = new Float64Array(columns * columns);
  gram(shards[0]!, means, values, 0, columns);
  return { values, trace: means.reduce((sum, _, k) => sum + values[k * columns + k]!, 0) };
}

export function alphaOf(ridge: Ridge, h: number[]): Float64Array {
  const alpha = new Float64Array(ridge.rows);
  contributionsTo(Float32Array.from(h), ridge, new Float64Array(h.length), alpha);
  return alpha;
}

export function queryOf(alpha: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Query {
  const query = {
    alpha: Float64Array.from(alpha),
    labels: Int32Array.from(labels),
    scores: { sums: new Float64Array(classes), magnitudes: new Float64Array(classes) },
  };
  classSums(query.alpha, query.labels, query.scores.sums, query.scores.magnitudes);
  return query;
}

/** Tables are kept: building one takes longer than using it. */
const tables = new Map<string, NeymanPearsonTable>();

export function certifySmoothed(
  query: Query,
  rule: DecisionRule,
  noise: LabelNoise,
  threat: ThreatModel,
): SmoothedCertificate | null {
  const key = `${noise.q}/${noise.classes}`;
  const table = tables.get(key) ?? new NeymanPearsonTable(noise);
  tables.set(key, table);
  return smoothedCertificate(query, rule, table, threat, new GainBuckets(query.alpha.length));
}

export function certifyExactly(
  query: Query,
  rule: DecisionRule,
  threat: ThreatModel = ANY_LABEL,
): ExactCertificate & { prediction: number } {
  const prediction = predict(query.alpha, query.labels, query.scores, rule);
  const buckets = new GainBuckets(query.alpha.length);
  return { prediction, ...exactCertificate(query, prediction, rule, threat, buckets) };
}
