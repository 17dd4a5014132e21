import { describe, expect, it } from 'vitest';
import { breakingSet, exactCertificate } from '../../src/certify/exact.ts';
import { predict } from '../../src/certify/predict.ts';
import { ANY_LABEL, type ThreatModel } from '../../src/certify/threat.ts';
import type { Dataset } from '../../src/ingest/dataset.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import type { Model } from '../../src/model/model.ts';
import type { Certified, LabelPartitionResult } from '../../src/verdict/certified-prediction.ts';
import { scoreMember } from '../../src/verdict/score-member.ts';
import { randomFrom, shuffled } from '../support/brute-force/label-changes.ts';
import { choices, trained, votedOn } from '../support/models/ensembles.ts';
import { certified, datasetOf, vectorsOf } from '../support/models/registry.ts';
import type { PartialSettings } from '../support/models/settings.ts';
import { LOAN_INSTANCES, LOANS } from '../support/models/variants.ts';

const proofOf = ({ certificate }: Certified) => certificate as LabelPartitionResult;

interface Problem {
  readonly features: number[][];
  readonly labels: number[];
  readonly classes: string[];
  readonly queries: number[][];
  readonly settings: PartialSettings;
}

/** A few points on a coarse grid - near ties and duplicates are common - labelled by a noisy rule. */
function problem(seed: number, classes: number, rows: number): Problem {
  const random = randomFrom(seed);
  const pick = <T>(...of: T[]): T => of[Math.floor(random() * of.length)]!;
  const point = () => [0, 0, 0].map(() => Math.round(4 * random() - 2) / pick(1, 2));
  const features = Array.from({ length: rows }, () => (random() < 0.1 ? [0, 1, 0] : point()));
  const labels = features.map(([x, y]) =>
    random() < 0.15
      ? Math.floor(random() * classes)
      : Math.min(classes - 1, Math.max(0, Math.round(x! + y!))),
  );
  const centre = random() < 0.7;
  return {
    features,
    labels,
    classes: Array.from({ length: classes }, (_, label) => `class ${label}`),
    queries: [point(), point(), [1, 1, 1], [0, 0, 0]],
    settings: {
      partitions: { count: pick(1, 2, 3, 5, 9), threat: 'labels' },
      centre,
      intercept: centre && random() < 0.5,
      lambda: pick({ relative: 1 }, { absolute: 0.5 }),
      weights: pick<PartialSettings['weights']>('raw', 'sign', 'sign', { clip: 0.5 }, { top: 2, rest: -0.5 }),
      rule: classes === 2 && random() < 0.3 ? { kind: 'threshold', value: pick(0, 0.5) } : { kind: 'argmax' },
      features: { standardise: random() < 0.3 },
    },
  };
}

async function datasetOfProblem({ features, classes }: Problem, labels: readonly number[]): Promise<Dataset> {
  const dataset = await vectorsOf(
    features,
    features.map((_, row) => classes[row % classes.length]),
    classes,
  );
  // set behind the door, where a class without rows would be refused: an attack may leave one
  return { ...dataset, labels: { classes, codes: Int32Array.from(labels) } };
}

/** What is predicted after training anew with these labels. */
async function retrained(of: Problem, labels: readonly number[]): Promise<(string | null)[]> {
  return votedOn(await trained(await datasetOfProblem(of, labels), of.settings), of.queries);
}

/** Every change of exactly these rows to other classes. */
function* relabelled(
  labels: readonly number[],
  rows: readonly number[],
  classes: number,
): Generator<number[]> {
  const [row, ...rest] = rows;
  if (row === undefined) {
    yield [...labels];
    return;
  }
  for (const changed of relabelled(labels, rest, classes)) {
    for (let to = 0; to < classes; to++) if (to !== labels[row]) yield changed.with(row, to);
  }
}

/** For each partition that votes for the prediction, the rows of a smallest attack on its vote; the smallest first. */
function cheapestFirst(model: Model, instance: unknown, prediction: number): number[][] {
  const { ensemble, rule } = model;
  model.map.encode(instance, ensemble!.workspace.query);
  const attacks = ensemble!.members.flatMap((member): number[][] => {
    const query = scoreMember(model, ensemble!, member, instance);
    const vote = predict(query.alpha, query.labels, query.scores, rule);
    const buckets = new GainBuckets(query.alpha.length);
    const certificate = exactCertificate(query, vote, rule, ANY_LABEL, buckets);
    const flips = breakingSet(query, certificate, ANY_LABEL, buckets);
    return vote === prediction && flips !== null ? [flips.map(({ row }) => member.rows[row]!)] : [];
  });
  return attacks.sort((a, b) => a.length - b.length);
}

describe('an ensemble against changed labels, trained anew after every attack', () => {
  it.each([
    { classes: 2, rows: 7, seeds: 30, exact: true },
    { classes: 3, rows: 5, seeds: 20, exact: false },
  ])(
    'predicts the same after as many flips as certified: $classes classes',
    async ({ classes, rows, seeds, exact }) => {
      let positive = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const of = problem(7000 + seed, classes, rows);
        const model = await trained(await datasetOfProblem(of, of.labels), of.settings);
        const before = await certified(model, of.queries, { method: 'partition' });
        const fewest = of.queries.map(() => Number.POSITIVE_INFINITY);
        for (const chosen of choices([...of.labels.keys()], rows)) {
          for (const labels of relabelled(of.labels, chosen, classes)) {
            const after = await retrained(of, labels);
            for (const [k, prediction] of after.entries()) {
              if (prediction !== before[k]!.prediction) fewest[k] = Math.min(fewest[k]!, chosen.length);
            }
          }
        }
        for (const [k, result] of before.entries()) {
          const { flips, whiteBoxFlips, blackBoxFlips } = proofOf(result);
          const survived = Math.min(fewest[k]! - 1, rows);
          expect([flips, whiteBoxFlips >= blackBoxFlips]).toEqual([whiteBoxFlips, true]);
          if (exact) expect(flips).toBe(survived);
          else expect(flips).toBeLessThanOrEqual(survived);
          if (flips > 0) positive++;
        }
      }
      expect(positive).toBeGreaterThan(seeds);
    },
  );

  it.each(['raw', 'sign'] as const)(
    'falls to one flip more, made where votes are cheapest to turn: loans with weights %s',
    async (weights) => {
      const dataset = await datasetOf(LOANS);
      const settings: PartialSettings = { partitions: { count: 9, threat: 'labels' }, weights };
      const model = await trained(dataset, settings);
      const before = await certified(model, LOAN_INSTANCES, { method: 'partition' });
      for (const [k, result] of before.entries()) {
        const prediction = model.classes.indexOf(result.prediction!);
        const attacks = cheapestFirst(model, LOAN_INSTANCES[k], prediction);
        const needed = Math.ceil((result.margin! + Number(prediction === 0)) / 2);
        const flips = attacks.slice(0, needed).flat();
        expect(flips).toHaveLength(proofOf(result).flips + 1);
        const codes = Int32Array.from(dataset.labels.codes);
        for (const row of flips) codes[row] = 1 - codes[row]!;
        const attacked = { ...dataset, labels: { ...dataset.labels, codes } };
        const [after] = await votedOn(await trained(attacked, settings), [LOAN_INSTANCES[k]]);
        expect(after).not.toBe(result.prediction);
      }
    },
  );

  it('counts only attacks that the threat model allows', async () => {
    for (let seed = 0; seed < 12; seed++) {
      const of = problem(7100 + seed, 2, 7);
      const random = randomFrom(seed);
      const threat: ThreatModel = {
        attackable: Uint8Array.from(of.labels, () => Number(random() < 0.7)),
        transitions: seed % 3 === 0 ? Uint8Array.of(0, 1, 0, 0) : null,
      };
      const model = await trained(await datasetOfProblem(of, of.labels), of.settings);
      const before = await certified(model, of.queries, { method: 'partition', threat });
      const free = await certified(model, of.queries, { method: 'partition', threat: ANY_LABEL });
      const movable = [...of.labels.keys()].filter(
        (row) => threat.attackable![row] === 1 && (threat.transitions === null || of.labels[row] === 0),
      );
      const fewest = of.queries.map(() => Number.POSITIVE_INFINITY);
      for (const chosen of choices(movable, movable.length)) {
        const after = await retrained(
          of,
          of.labels.map((label, row) => (chosen.includes(row) ? 1 - label : label)),
        );
        for (const [k, prediction] of after.entries()) {
          if (prediction !== before[k]!.prediction) fewest[k] = Math.min(fewest[k]!, chosen.length);
        }
      }
      for (const [k, result] of before.entries()) {
        expect(proofOf(result).flips).toBe(Math.min(fewest[k]! - 1, movable.length));
        expect(proofOf(result).flips).toBeGreaterThanOrEqual(
          Math.min(proofOf(free[k]!).flips, movable.length),
        );
      }
    }
  });

  it('keeps features, partitions and everything fitted: only the votes change', async () => {
    const bytes = ({ members }: NonNullable<Model['ensemble']>) =>
      members.map(({ rows, ridge }) => [rows, ridge?.means, ridge?.factor]);
    const of = problem(7200, 2, 30);
    const one = await trained(await datasetOfProblem(of, of.labels), of.settings);
    const two = await trained(
      await datasetOfProblem(
        of,
        of.labels.map((label) => 1 - label),
      ),
      of.settings,
    );
    expect(bytes(two.ensemble!)).toEqual(bytes(one.ensemble!));
  });
});

describe('an ensemble', () => {
  it('votes the same when the rows come in another order', async () => {
    const random = randomFrom(8);
    for (const threat of ['labels', 'rows'] as const) {
      const settings: PartialSettings = { partitions: { count: 6, threat }, lambda: { relative: 0.5 } };
      const order = [...LOANS.labels.keys()];
      const model = (rows: number[]) => {
        const of = <T>(cells: readonly T[]) => rows.map((row) => cells[row]!);
        const columns = LOANS.columns.map((column) => ({ ...column, cells: of(column.cells) }));
        const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
        const table = { columns, labels: of(LOANS.labels) };
        return datasetOf(table, { columnTypes: types, classes: ['bad', 'good'] }).then((dataset) =>
          trained(dataset, settings),
        );
      };
      const expected = await certified(await model(order), LOAN_INSTANCES, { method: 'partition' });
      for (let shuffle = 0; shuffle < 5; shuffle++) {
        const other = await model(shuffled(order, random));
        expect(await certified(other, LOAN_INSTANCES, { method: 'partition' })).toEqual(expected);
      }
    }
  });

  it('of one partition predicts and certifies what the exact method does', async () => {
    const model = await trained(await datasetOf(LOANS), { partitions: { count: 1, threat: 'labels' } });
    const exact = await certified(model, LOAN_INSTANCES);
    const voted = await certified(model, LOAN_INSTANCES, { method: 'partition' });
    expect(voted.map(({ prediction }) => prediction)).toEqual(exact.map(({ prediction }) => prediction));
    expect(voted.map(({ certificate }) => certificate!.flips)).toEqual(
      exact.map(({ certificate }) => certificate!.flips),
    );
  });

  it('answers with votes for scores, and their lead for margin', async () => {
    const model = await trained(await datasetOf(LOANS), { partitions: { count: 4, threat: 'labels' } });
    for (const result of await certified(model, LOAN_INSTANCES, { method: 'partition' })) {
      const { votes, partitions, flips, fraction, threat } = proofOf(result);
      const other = result.prediction === 'good' ? 'bad' : 'good';
      expect([partitions, threat, votes.good! + votes.bad!, fraction]).toEqual([4, 'labels', 4, flips / 60]);
      expect(result.scores).toEqual(votes);
      expect(result.margin).toBe(votes[result.prediction!]! - votes[other]!);
      expect(result.abstained).toBe(false);
    }
  });
});
