import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { DATA, hasData, NO_DATA } from '../../bench/data.ts';
import { type Service, startService } from '../support/process/service.ts';

const DOCUMENT = readFileSync(new URL('../../docs/threats.md', import.meta.url), 'utf8');
const MODEL = JSON.parse(/-F 'model=(\{.*?\})'/.exec(DOCUMENT)![1]!);
const QUESTION = JSON.parse(/certify -d '([\s\S]*?)'/.exec(DOCUMENT)![1]!);
const ANSWER = JSON.parse(DOCUMENT.slice(DOCUMENT.lastIndexOf('```json') + 7, DOCUMENT.lastIndexOf('```')));

interface Defendant {
  readonly race: string;
  readonly age: string;
  readonly two_year_recid: string;
}

const csv = hasData ? readFileSync(join(DATA, 'compas-two-years.csv'), 'utf8') : '';
const defendants: Defendant[] = parse(csv, { columns: true });
/** The threat of the question, read by hand. */
const suspects = [...defendants.entries()]
  .filter(
    ([, { race, age, two_year_recid: label }]) =>
      race === 'African-American' && Number(age) < 25 && label === 'yes',
  )
  .map(([row]) => row);

function register(service: Service, name: string, data: string) {
  const model = JSON.stringify({ ...MODEL, name });
  return service
    .post('/models')
    .field('model', model)
    .attach('data', Buffer.from(data), { filename: 'c.csv' })
    .expect(201);
}

/** The predictions of the question's instances after the labels of these rows have gone from yes to no. */
async function predictionsWithout(
  service: Service,
  name: string,
  rows: readonly number[],
): Promise<string[]> {
  const lines = csv.trimEnd().split('\n');
  for (const row of rows) {
    expect(lines[row + 1]).toMatch(/,yes$/);
    lines[row + 1] = lines[row + 1]!.replace(/yes$/, 'no');
  }
  await register(service, name, lines.join('\n'));
  const { body } = await service
    .post('/certify')
    .send({ model: name, instances: QUESTION.instances })
    .expect(200);
  return body.results.map(({ prediction }: { prediction: string }) => prediction);
}

describe.skipIf(!hasData)(`COMPAS under a threat${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('is answered as docs/threats.md says, and as registering the attacks shows', async () => {
    const service = await startService();
    const { body: model } = await register(service, 'compas', csv);
    expect(model.columns).toContainEqual({ name: 'race', type: 'category', ignored: true });
    const { body: plain } = await service.post('/certify').send(QUESTION).expect(200);
    expect(plain).toMatchObject(ANSWER);
    expect(plain.threat.rows).toBe(suspects.length);

    const explained = { ...QUESTION, explain: { breakingSet: true } };
    const { body } = await service.post('/certify').send(explained).expect(200);
    const [broken, stable] = body.results;
    expect([broken.prediction, stable.prediction]).toEqual(['yes', 'yes']);
    const rows: number[] = broken.explanation.breakingSet.map(({ row }: { row: number }) => row);
    expect(rows).toHaveLength(broken.certificate.breaksWith);
    expect(suspects).toEqual(expect.arrayContaining(rows));
    expect((await predictionsWithout(service, 'broken', rows))[0]).toBe('no');
    for (const left of [0, rows.length - 1]) {
      const fewer = rows.filter((_, index) => index !== left);
      expect((await predictionsWithout(service, `held-${left}`, fewer))[0]).toBe('yes');
    }

    // every suspect label at once
    expect(stable.certificate).toMatchObject({ unbreakable: true, flips: suspects.length, breaksWith: null });
    expect(await predictionsWithout(service, 'all', suspects)).toEqual(['no', 'yes']);
  });
});
