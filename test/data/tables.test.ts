import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { DATA, hasData, NO_DATA } from '../../bench/data.ts';
import { type Service, startService } from '../support/process/service.ts';

interface Change {
  row: number;
  from: string;
  to: string;
}

interface Table {
  readonly file: string;
  readonly target: string;
  readonly rows: number;
  /** Columns that a caller sends as numbers. */
  readonly numbers: readonly string[];
}

const GERMAN: Table = {
  file: 'german-credit.csv',
  target: 'credit_risk',
  rows: 1000,
  numbers: [
    'duration',
    'amount',
    'installment_rate',
    'present_residence',
    'age',
    'number_credits',
    'people_liable',
  ],
};
const COMPAS: Table = {
  file: 'compas-two-years.csv',
  target: 'two_year_recid',
  rows: 6172,
  numbers: ['age', 'juv_fel_count', 'juv_misd_count', 'juv_other_count', 'priors_count'],
};

const read = ({ file }: Table) => readFileSync(join(DATA, file), 'utf8');

function upload(service: Service, table: Table, name: string, csv: string) {
  const model = JSON.stringify({ name, target: table.target });
  return service
    .post('/models')
    .field('model', model)
    .attach('data', Buffer.from(csv), { filename: table.file });
}

function instancesOf(table: Table, csv: string, from: number, to: number): object[] {
  const records: Record<string, string>[] = parse(csv, { columns: true });
  return records.slice(from, to).map((record) => {
    const { [table.target]: _, ...features } = record;
    const cells = Object.entries(features).map(([name, text]) => [
      name,
      table.numbers.includes(name) ? Number(text) : text,
    ]);
    return Object.fromEntries(cells);
  });
}

/** The CSV with the labels of these rows changed; no value of the tables holds a comma or a quote at its end. */
function attack(csv: string, changes: readonly Change[]): string {
  const lines = csv.trimEnd().split(/\r?\n/);
  for (const { row, from, to } of changes) {
    const line = lines[row + 1]!;
    expect(line.endsWith(`,${from}`)).toBe(true);
    lines[row + 1] = `${line.slice(0, -from.length)}${to}`;
  }
  return `${lines.join('\n')}\n`;
}

describe.skipIf(!hasData)(`real tables${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('German credit: breaking sets, applied to the CSV and registered again, change each of ten predictions', async () => {
    const service = await startService();
    const csv = read(GERMAN);
    const { body: model } = await upload(service, GERMAN, 'german-credit', csv).expect(201);
    expect(model).toMatchObject({
      rows: 1000,
      classes: [
        { name: 'bad', rows: 300 },
        { name: 'good', rows: 700 },
      ],
    });
    const instances = instancesOf(GERMAN, csv, 0, 10);
    const request = { model: 'german-credit', instances, explain: { breakingSet: true } };
    const { body } = await service.post('/certify').send(request).expect(200);
    for (const [index, { prediction, certificate, explanation }] of body.results.entries()) {
      const changes: Change[] = explanation.breakingSet;
      expect(changes).toHaveLength(certificate.breaksWith);
      const again = async (name: string, applied: readonly Change[]) => {
        await upload(service, GERMAN, name, attack(csv, applied)).expect(201);
        const one = { model: name, instances: [instances[index]] };
        return (await service.post('/certify').send(one).expect(200)).body.results[0].prediction;
      };
      expect(await again(`broken-${index}`, changes)).not.toBe(prediction);
      if (certificate.flips > 0) expect(await again(`held-${index}`, changes.slice(1))).toBe(prediction);
    }
  });

  it('German credit: invariance to sex and origin is what enumerating their values gives', async () => {
    const service = await startService();
    const csv = read(GERMAN);
    await upload(service, GERMAN, 'german-credit', csv).expect(201);
    const instances = instancesOf(GERMAN, csv, 0, 60) as Record<string, string | number>[];
    const columns = ['personal_status_sex', 'foreign_worker'];
    const request = { model: 'german-credit', instances, explain: { invariantTo: columns } };
    const { body } = await service.post('/certify').send(request).expect(200);
    const levels = columns.map((name) => [
      ...new Set(instancesOf(GERMAN, csv, 0, 1000).map((one) => (one as Record<string, string>)[name]!)),
    ]);
    expect(levels.map(({ length }) => length)).toEqual([4, 2]);
    const combinations = levels[0]!.flatMap((sex) =>
      levels[1]!.map((worker) => ({ personal_status_sex: sex, foreign_worker: worker })),
    );
    const seen = { invariant: 0, turned: 0 };
    for (const [index, { prediction, explanation }] of body.results.entries()) {
      const all = combinations.map((values) => ({ ...instances[index], ...values }));
      const { body: answered } = await service
        .post('/certify')
        .send({ model: 'german-credit', instances: all });
      const predictions: string[] = answered.results.map((one: { prediction: string }) => one.prediction);
      const turning = all.filter((_, k) => predictions[k] !== prediction);
      const { invariant, counterfactual } = explanation.invariance;
      expect(invariant).toBe(turning.length === 0);
      seen[invariant ? 'invariant' : 'turned']++;
      if (invariant) continue;
      const changed = { ...instances[index], ...counterfactual };
      expect(turning).toContainEqual(changed);
      const moved = (one: object) =>
        columns.filter((name) => (one as Record<string, string>)[name] !== instances[index]![name]).length;
      expect(moved(changed)).toBe(Math.min(...turning.map(moved)));
    }
    expect(seen.invariant).toBeGreaterThan(30);
    expect(seen.turned).toBeGreaterThan(0);
  });

  it('COMPAS: registers and certifies both ways, the same bits after a restart', async () => {
    const service = await startService();
    const csv = read(COMPAS);
    const { body: model } = await upload(service, COMPAS, 'compas', csv).expect(201);
    expect(model.rows).toBe(COMPAS.rows);
    const instances = instancesOf(COMPAS, csv, 0, 50);
    const certify = async (from: Service, method: string) =>
      (await from.post('/certify').send({ model: 'compas', method, instances }).expect(200)).body;
    const answers = [await certify(service, 'exact'), await certify(service, 'smoothed')];
    expect(
      answers[0].results.every((one: { certificate: { flips: number } }) => one.certificate.flips >= 0),
    ).toBe(true);
    const { dataDir } = service.app.config;
    await service.stop();
    const restarted = await startService({ dataDir });
    expect([await certify(restarted, 'exact'), await certify(restarted, 'smoothed')]).toEqual(answers);
  });
});
