import type { LabelNoise } from '../certify/label-noise.ts';
import { monteCarloCertificate, selectionSamples } from '../certify/monte-carlo.ts';
import { NoisyVotes } from '../certify/noisy-votes.ts';
import type { Query } from '../certify/query.ts';
import { flippableRows, type ThreatModel } from '../certify/threat.ts';
import { SeededRandom } from '../kernel/seeded-random.ts';
import type { Model } from '../model/model.ts';
import type { Verdict } from './certified-prediction.ts';
import { namedPrediction } from './named-prediction.ts';
import { neymanPearsonTable } from './neyman-pearson-tables.ts';

export interface MonteCarloSettings {
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
}

export interface Sampling {
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

/** Votes so far of a block of queries, and where the random numbers have come to. Can be posted. */
export interface Sampled {
  readonly random: Uint32Array;
  /** Samples drawn, those that pick the class first. */
  readonly drawn: number;
  /** Of each query, votes for each class: of the samples that pick the class, and of those that count its votes. */
  readonly selection: Int32Array;
  readonly counts: Int32Array;
}

/** Samples that are drawn in all: those that pick the class, and those that count its votes. */
export function samplesInAll({ samples }: MonteCarloSettings): number {
  return selectionSamples(samples) + samples;
}

/**
 * Draws at most `most` samples for a block of queries, from the first on or from where `before` has come to: whichever
 * way they are drawn, they are the same. Cost: O(samples (n + q n queries)).
 */
export function sample(
  { labels, rule }: Model,
  queries: readonly Query[],
  { noise, settings, checkCancelled }: Sampling,
  before: Sampled | null,
  most: number,
): Sampled {
  const random = before === null ? new SeededRandom(settings.seed) : SeededRandom.from(before.random);
  const alphas = queries.map(({ alpha }) => alpha);
  const votes = new NoisyVotes(labels, alphas, rule, noise, random);
  const selecting = selectionSamples(settings.samples);
  const from = before?.drawn ?? 0;
  const to = Math.min(samplesInAll(settings), from + most);
  const none = () => new Int32Array(queries.length * noise.classes);
  const { selection, counts } = before ?? { selection: none(), counts: none() };
  const stop = Math.min(to, Math.max(from, selecting));
  const selected = draw(votes, stop - from, labels.length, checkCancelled);
  const counted = draw(votes, to - stop, labels.length, checkCancelled);
  return {
    random: random.state,
    drawn: to,
    selection: selection.map((vote, k) => vote + selected[k]!),
    counts: counts.map((vote, k) => vote + counted[k]!),
  };
}

/**
 * The smoothed classifier's predictions from all the samples of a block of queries, each with a certificate that holds with
 * the confidence asked for, or an abstention. certificates.md section 4. The verdict on a query does not depend on the
 * others. Cost: small beside that of `sample`.
 */
export function certifyMonteCarlo(
  model: Model,
  queries: readonly Query[],
  { threat, noise, settings }: Sampling,
  { selection, counts }: Sampled,
): Verdict[] {
  const { samples, confidence, seed } = settings;
  const { classes } = noise;
  const table = neymanPearsonTable(noise);
  const { labels } = model;
  const cap = flippableRows(threat, labels, classes);
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
