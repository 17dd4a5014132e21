import type { LabelNoise } from '../certify/label-noise.ts';
import { monteCarloCertificate, selectionSamples } from '../certify/monte-carlo.ts';
import { NoisyVotes } from '../certify/noisy-votes.ts';
import type { Query } from '../certify/query.ts';
import { flippableRows, type ThreatModel } from '../certify/threat.ts';
import type { Model } from '../model/model.ts';
import type { Verdict } from './certified-prediction.ts';
import { namedPrediction } from './named-prediction.ts';
import { neymanPearsonTable } from './neyman-pearson-tables.ts';

export interface MonteCarloSettings {
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
}

interface Sampling {
  readonly settings: MonteCarloSettings;
  readonly threat: ThreatModel;
  readonly noise: LabelNoise;
  /** Called now and then; may throw. */
  readonly checkCancelled: () => void;
}

/** Queries that share the drawing of the noise: so many, or fewer where their contributions would fill the memory. */
const MAX_QUERIES = 16;
const MAX_CONTRIBUTIONS = 4_000_000;

/** Labels drawn before somebody may cancel. */
const LABELS_PER_LOOK = 200_000;

export function queriesABlock(rows: number): number {
  return Math.max(1, Math.min(MAX_QUERIES, Math.floor(MAX_CONTRIBUTIONS / rows)));
}

/**
 * The smoothed classifier's predictions by sampling, for a block of queries, each with a certificate that holds with
 * the confidence asked for, or an abstention. certificates.md section 4. The verdict on a query does not depend on the
 * others. Cost: O(samples (n + q n
 * queries)).
 */
export function certifyMonteCarlo(
  model: Model,
  queries: readonly Query[],
  { threat, noise, settings, checkCancelled }: Sampling,
): Verdict[] {
  const { samples, confidence, seed } = settings;
  const { labels, rule } = model;
  const { classes } = noise;
  const table = neymanPearsonTable(noise);
  const cap = flippableRows(threat, labels, classes);
  const alphas = queries.map(({ alpha }) => alpha);
  const votes = new NoisyVotes(labels, alphas, rule, noise, seed);
  const selection = draw(votes, selectionSamples(samples), labels.length, checkCancelled);
  const counts = draw(votes, samples, labels.length, checkCancelled);
  return queries.map(({ scores }, query) => {
    const own = (all: Int32Array) => all.subarray(query * classes, (query + 1) * classes);
    const found = monteCarloCertificate(
      { selection: own(selection), counts: own(counts), samples },
      confidence,
      table,
      cap,
    );
    if (found === null) return { ...namedPrediction(model, scores.sums, null), certificate: null };
    const { prediction, flips, pLower } = found;
    return {
      ...namedPrediction(model, scores.sums, prediction),
      certificate: {
        method: 'monte-carlo',
        flips,
        fraction: flips / labels.length,
        guarantee: 'probabilistic',
        q: noise.q,
        samples,
        confidence,
        seed,
        votes: Object.fromEntries(model.classes.map((name, label) => [name, own(counts)[label]!])),
        pLower,
      },
    };
  });
}

function draw(votes: NoisyVotes, samples: number, rows: number, checkCancelled: () => void): Int32Array {
  const step = Math.ceil(LABELS_PER_LOOK / rows);
  for (let drawn = 0; drawn < samples; drawn += step) {
    checkCancelled();
    votes.draw(Math.min(step, samples - drawn));
  }
  return votes.collect();
}
