import { describe, expect, it } from 'vitest';
import { predict } from '../../src/certify/predict.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { scoreInstance } from '../../src/verdict/score-instance.ts';
import { smallestAttack } from '../support/brute-force/label-changes.ts';
import { exactNoise, failingVectors, weightOf } from '../support/brute-force/noise.ts';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { type Service, startService } from '../support/process/service.ts';

interface Threat {
  readonly rows?: object;
  readonly transitions?: [string, string][];
}

const random = new SeededRandom(25);
const COLUMNS = ['income', 'age', 'sex', 'district', 'outcome'];
const OUTCOMES = ['bad', 'fair', 'good'];

/** Sixteen rows; `district` is ignored, and has a missing value. */
const ROWS = Array.from({ length: 16 }, (_, row) => {
  const income = Math.round(1000 + 900 * random.normal());
  const outcome = income < 900 ? 'bad' : row % 5 === 0 ? 'fair' : 'good';
  const district = row === 3 ? null : ['north', 'south', 'east'][row % 3]!;
  return [income, 20 + random.below(40), random.uniform() < 0.5 ? 'f' : 'm', district, outcome];
});
const INSTANCES = Array.from({ length: 8 }, (_, k) => ({
  income: 600 * k - 1200,
  age: 35 + random.below(10),
  sex: random.uniform() < 0.5 ? 'f' : 'm',
}));

const registration = (rows: unknown[][], name = 'small') => ({
  name,
  target: 'outcome',
  columns: COLUMNS,
  rows,
  classes: OUTCOMES,
  ignore: ['district'],
});

async function withRows(rows: unknown[][] = ROWS): Promise<Service> {
  const service = await startService();
  await service.post('/models').send(registration(rows)).expect(201);
  return service;
}

async function ask(service: Service, threat: Threat | undefined, more: object = {}) {
  const request = { model: 'small', instances: INSTANCES, explain: { breakingSet: true }, threat, ...more };
  return (await service.post('/certify').send(request).expect(200)).body;
}

/** What each row may become, own label first: `suspect` is a reading of the threat by hand. */
function choices(suspect: (row: unknown[]) => boolean, transitions: [string, string][] | null): string[][] {
  return ROWS.map((row) => {
    const own = row[4] as string;
    const others = OUTCOMES.filter(
      (to) => to !== own && (transitions === null || transitions.some(([a, b]) => a === own && b === to)),
    );
    return suspect(row) ? [own, ...others] : [own];
  });
}

function* combinations(of: readonly string[][]): Generator<string[]> {
  if (of.length === 0) yield [];
  else for (const rest of combinations(of.slice(1))) for (const one of of[0]!) yield [one, ...rest];
}

const NORTH: Threat = {
  rows: {
    and: [
      { column: 'district', in: ['north', 'south', null] },
      { column: 'age', below: 45 },
    ],
  },
  transitions: [
    ['good', 'bad'],
    ['good', 'fair'],
    ['fair', 'bad'],
  ],
};
const isNorth = ([, age, , district]: unknown[]) => district !== 'east' && (age as number) < 45;
const MALE: Threat = {
  rows: {
    or: [
      { column: 'sex', notIn: ['f'] },
      { column: 'income', above: 2000 },
    ],
  },
};
const isMale = ([income, , sex]: unknown[]) => sex !== 'f' || (income as number) > 2000;

describe('POST /certify under a threat', () => {
  it('certifies what registering every allowed label vector anew shows', async () => {
    const service = await withRows();
    const answer = await ask(service, NORTH);
    const allowed = choices(isNorth, NORTH.transitions!);
    expect(answer.threat.rows).toBe(allowed.filter(({ length }) => length > 1).length);
    const smallest: (number | null)[] = INSTANCES.map(() => null);
    let worlds = 0;
    for (const labels of combinations(allowed)) {
      if (new Set(labels).size < 3) continue; // a listed class needs rows to be registered
      const flips = labels.filter((label, row) => label !== ROWS[row]![4]).length;
      const rows = ROWS.map((row, at) => [...row.slice(0, 4), labels[at]]);
      await service
        .post('/models')
        .send(registration(rows, 'world'))
        .expect((r) => expect(r.status).toBeLessThan(300));
      const { body } = await service
        .post('/certify')
        .send({ model: 'world', instances: INSTANCES })
        .expect(200);
      await service.delete('/models/world').expect(204);
      for (const [k, { prediction }] of body.results.entries()) {
        const changed = prediction !== answer.results[k].prediction;
        if (changed && (smallest[k] === null || flips < smallest[k]!)) smallest[k] = flips;
      }
      worlds++;
    }
    expect(worlds).toBeGreaterThan(20);
    expect(
      answer.results.map((one: { certificate: { breaksWith: number } }) => one.certificate.breaksWith),
    ).toEqual(smallest);
    expect(new Set(smallest)).toEqual(new Set([null, 1, 3]));
  }, 60_000);

  it.each([
    ['rows and changes', NORTH, isNorth, NORTH.transitions!],
    ['rows alone', MALE, isMale, null],
    ['changes alone', { transitions: NORTH.transitions! }, () => true, NORTH.transitions!],
  ] as const)(
    'is exact, its breaking set within the threat: %s',
    async (_, threat, suspect, transitions) => {
      const service = await withRows();
      const { results, threat: stated } = await ask(service, threat);
      const allowed = choices(suspect, transitions as [string, string][] | null);
      const flippable = allowed.filter(({ length }) => length > 1).length;
      expect(stated.rows).toBe(flippable);
      const model = service.app.models.get('small');
      for (const [k, { prediction, certificate, explanation }] of results.entries()) {
        const query = scoreInstance(model, INSTANCES[k]);
        expect(OUTCOMES[predict(query.alpha, query.labels, query.scores, model.rule)]).toBe(prediction);
        const attackable = Uint8Array.from(ROWS, (row) => Number(suspect(row)));
        const bytes = OUTCOMES.flatMap((from) =>
          OUTCOMES.map((to) =>
            Number(transitions === null || transitions.some(([a, b]) => a === from && b === to)),
          ),
        );
        const smallest = smallestAttack({
          classes: 3,
          alpha: [...query.alpha],
          labels: [...query.labels],
          rule: { kind: 'argmax' },
          threat: { attackable, transitions: Uint8Array.from(bytes) },
        });
        expect(certificate.breaksWith).toBe(smallest);
        expect(certificate.unbreakable).toBe(smallest === null);
        expect(certificate.flips).toBe(smallest === null ? flippable : smallest - 1);
        const set: { row: number; from: string; to: string }[] | null = explanation.breakingSet;
        expect(set?.length ?? null).toBe(smallest);
        for (const { row, from, to } of set ?? []) {
          expect(ROWS[row]![4]).toBe(from);
          expect(allowed[row]!.slice(1)).toContain(to);
        }
      }
    },
    60_000,
  );

  it('says in words under which threat, and gives the same answers after a restart', async () => {
    const service = await withRows();
    const before = [await ask(service, NORTH), await ask(service, MALE)];
    expect(before.map(({ threat }) => threat.description.replace(/\d+ of/, 'some of'))).toEqual([
      "Only labels of rows where district is one of ('north', 'south', missing) and age is below 45, and only from 'good' to 'bad' or from 'good' to 'fair' or from 'fair' to 'bad', may be wrong: some of 16 rows",
      "Only labels of rows where sex is not 'f' or income is above 2000 may be wrong, as any of these classes ('bad', 'fair', 'good'): some of 16 rows",
    ]);
    for (const { threat } of before) expect(threat.description).toContain(`${threat.rows} of 16 rows`);
    const { dataDir } = service.app.config;
    await service.stop();
    const restarted = await startService({ dataDir });
    expect([await ask(restarted, NORTH), await ask(restarted, MALE)]).toEqual(before);
  });

  it('says nothing of a threat when none was given, and answers as without one when all labels may be wrong', async () => {
    const service = await withRows();
    const plain = await ask(service, undefined);
    expect(plain).not.toHaveProperty('threat');
    const { threat, ...open } = await ask(service, {});
    expect(open).toEqual(plain);
    expect(threat).toEqual({
      description: "Any label may be wrong, as any of these classes ('bad', 'fair', 'good'): 16 of 16 rows",
      rows: 16,
    });
  });

  it('answers in words, and with certificates of no flips, when no row may be flipped', async () => {
    const service = await withRows();
    const { threat, results } = await ask(service, { rows: { column: 'age', above: 200 } });
    expect(threat).toEqual({
      description:
        "Only labels of rows where age is above 200 may be wrong, as any of these classes ('bad', 'fair', 'good'): 0 of 16 rows, so nothing can be flipped",
      rows: 0,
    });
    for (const { certificate, explanation } of results) {
      expect(certificate).toMatchObject({ flips: 0, fraction: 0, breaksWith: null, unbreakable: true });
      expect(explanation).toEqual({ breakingSet: null });
    }
  });

  it('gives a larger linear certificate of the smoothed classifier, which exact probabilities confirm', async () => {
    const service = await startService();
    const rows = 12;
    const features = Array.from({ length: rows }, (_, row) => [0.2 + row / 4 + random.uniform() / 4]);
    const labels = features.map((_, row) => (row === 4 ? 'a' : 'b'));
    const settings = { centre: false, lambda: { absolute: 1 } };
    await service.post('/models').send({ name: 'small', features, labels, settings }).expect(201);
    const q = 0.05;
    const smoothed = { instances: [[1]], method: 'smoothed', noise: { q }, explain: undefined };
    const suspects = [0, 1, 2, 3, 4, 5, 6, 7];
    const [open] = (await ask(service, undefined, smoothed)).results;
    const [restricted] = (await ask(service, { rows: { indices: suspects } }, smoothed)).results;
    expect([open.prediction, restricted.prediction]).toEqual(['b', 'b']);
    const { flips, by } = restricted.certificate;
    expect(by).toBe('linear');
    expect(flips).toBeGreaterThan(open.certificate.linearFlips);

    const query = scoreInstance(service.app.models.get('small'), [1]);
    const noise = exactNoise(q, 2);
    const failing = failingVectors([...query.alpha], [-1, 1], 0n);
    for (let set = 0; set < 2 ** suspects.length; set++) {
      const attacked = [...query.labels];
      for (const row of suspects) if ((set >> row) & 1) attacked[row] = 1 - attacked[row]!;
      const changed = attacked.filter((label, row) => label !== query.labels[row]).length;
      if (changed > flips) continue;
      expect(2n * weightOf(failing, attacked, noise)).toBeLessThan(noise.total ** BigInt(rows));
    }
  });

  it('answers 404 when the model is deleted while its columns are read, else as usual', async () => {
    const service = await startService();
    await service.post('/models').send(REGISTRATION).expect(201);
    const threat = { rows: { column: 'purpose', in: ['car'] } };
    const request = { model: 'loans', instances: [application(0)], threat };
    const answers = Array.from({ length: 8 }, () => service.post('/certify').send(request));
    const [removed, ...certified] = await Promise.all([service.delete('/models/loans'), ...answers]);
    expect(removed.status).toBe(204);
    for (const { status } of certified) expect([200, 404]).toContain(status);
    await service.post('/certify').send(request).expect(404);
  });

  it.each([
    [30_000, 400, 'invalid_request'],
    [100_000, 413, 'body_too_large'],
  ] as const)('gets a small answer to conditions nested %i deep', async (depth, status, code) => {
    const service = await withRows();
    const deep = `${'{"and":['.repeat(depth)}{"indices":[0]}${']}'.repeat(depth)}`;
    const body = `{"model":"small","instances":[{}],"threat":{"rows":${deep}}}`;
    const answer = await service
      .post('/certify')
      .set('content-type', 'application/json')
      .send(body)
      .expect(status);
    expect(answer.body.code).toBe(code);
    expect(answer.text.length).toBeLessThan(1000);
  });
});
