import { describe, expect, it } from 'vitest';
import { json } from '../support/process/provocations.ts';
import { startService } from '../support/process/service.ts';

/** Names that every object has, in the order of their plain counterparts. */
const COLUMNS = ['constructor', 'hasOwnProperty', 'length', 'prototype'];
const CLASSES = ['constructor', 'toString', 'valueOf'];
const PLAIN_COLUMNS = ['column-a', 'column-b', 'column-c', 'column-d'];
const PLAIN_CLASSES = ['class-a', 'class-b', 'class-c'];

const rows = Array.from({ length: 30 }, (_, i) => [
  (i * 7) % 10,
  ['x', 'y', 'z'][(i * 5) % 3],
  i % 4 === 0,
  Math.sin(i),
]);

/** What a model with these names answers to all there is to ask, as JSON. */
async function answersWith(columns: string[], classes: string[]): Promise<string> {
  const service = await startService();
  const labels = rows.map((_, i) => classes[i % 4 === 3 ? 0 : i % 3]!);
  const records = rows.map((row, i) => ({
    ...Object.fromEntries(row.map((cell, c) => [columns[c], cell])),
    label: labels[i],
  }));
  const [number, category, boolean, ignored] = columns as [string, string, string, string];
  const registration = { name: 'names', target: 'label', classes, ignore: [ignored] };
  const columnTypes = { [number]: 'number', [category]: 'category', [boolean]: 'boolean' };
  const registered = await service
    .post('/models')
    .send({ ...registration, columnTypes, records })
    .expect(201);
  const texts = [JSON.stringify({ ...registered.body, createdAt: '' })];
  const instances = records.slice(0, 5);
  const [from, to] = classes;
  for (const question of [
    { explain: { radius: true, reasons: 4, influentialRows: 3, breakingSet: true } },
    { explain: { invariantTo: [category, number] } },
    { method: 'smoothed' },
    { method: 'monte-carlo', monteCarlo: { samples: 500 } },
    { threat: { rows: { column: ignored, above: 0 }, transitions: [[from, to]] } },
    {
      threat: {
        rows: {
          or: [
            { column: category, in: ['x'] },
            { column: boolean, in: [true] },
          ],
        },
      },
    },
  ]) {
    const { text } = await service
      .post('/certify')
      .send({ model: 'names', instances, ...question })
      .expect(200);
    texts.push(text);
  }
  const evaluation = { model: 'names', instances, labels: labels.slice(0, 5) };
  texts.push((await service.post('/evaluate').send(evaluation).expect(200)).text);
  return texts.join('\n').replaceAll(/sha256:\w+/g, 'sha256:');
}

describe('names that every object has', () => {
  it('work as columns and classes as others do', async () => {
    const hostile = await answersWith(COLUMNS, CLASSES);
    const plain = await answersWith(PLAIN_COLUMNS, PLAIN_CLASSES);
    // Columns first: one of them has the name of a class, which is told apart by its place.
    const same = [...PLAIN_COLUMNS, ...PLAIN_CLASSES].reduce(
      (text, name, i) => text.replaceAll(name, [...COLUMNS, ...CLASSES][i]!),
      plain,
    );
    expect(hostile).toBe(same);
  });

  it.each(['constructor', 'toString', 'prototype'])('work as names of models: %s', async (name) => {
    const service = await startService();
    await service.get(`/models/${name}`).expect(404);
    await service
      .post('/certify')
      .send({ model: name, instances: [[1]] })
      .expect(404);
    const vectors = { features: [[1], [2], [3]], labels: ['a', 'b', 'b'] };
    await service
      .post('/models')
      .send({ name, ...vectors })
      .expect(201);
    await service
      .post('/certify')
      .send({ model: name, instances: [[1]] })
      .expect(200);
    await service.delete(`/models/${name}`).expect(204);
  });
});

describe('__proto__', () => {
  const table = '"target":"y","columns":["x","y"],"rows":[[1,"a"],[2,"b"]]';
  const certify = '"model":"m","instances":[[1]]';

  it.each([
    [400, 'malformed_json', '/models', `{"name":"m","__proto__":{"polluted":1},${table}}`],
    [400, 'malformed_json', '/models', `{"name":"m","columnTypes":{"__proto__":"number"},${table}}`],
    [
      400,
      'malformed_json',
      '/models',
      `{"name":"m","settings":{"constructor":{"prototype":{"polluted":1}}},${table}}`,
    ],
    [
      400,
      'malformed_json',
      '/models',
      '{"name":"m","target":"y","records":[{"__proto__":{"polluted":1},"y":"a"}]}',
    ],
    [400, 'malformed_json', '/models', `{"name":"m","columnTypes":{"\\u005f_proto__":"number"},${table}}`],
    [400, 'invalid_request', '/models', `{"name":"__proto__",${table}}`],
    [
      422,
      'invalid_name',
      '/models',
      '{"name":"m","target":"y","columns":["__proto__","y"],"rows":[[1,"a"],[2,"b"]]}',
    ],
    [422, 'unknown_column', '/models', `{"name":"m","ignore":["__proto__"],${table}}`],
    [422, 'invalid_name', '/models', '{"name":"m","features":[[1],[2]],"labels":["a","__proto__"]}'],
    [
      422,
      'invalid_name',
      '/models',
      '{"name":"m","features":[[1],[2]],"labels":["a","b"],"classes":["a","__proto__"]}',
    ],
    [400, 'malformed_json', '/certify', `{${certify},"explain":{"__proto__":{"reasons":1}}}`],
    [400, 'malformed_json', '/certify', `{"model":"m","instances":[{"__proto__":{"polluted":1}}]}`],
    [422, 'unknown_column', '/certify', `{${certify},"explain":{"invariantTo":["__proto__"]}}`],
    [422, 'invalid_threat', '/certify', `{${certify},"threat":{"rows":{"column":"__proto__","in":[1]}}}`],
    [422, 'invalid_threat', '/certify', `{${certify},"threat":{"transitions":[["a","__proto__"]]}}`],
    [422, 'unknown_label', '/evaluate', `{${certify},"labels":["__proto__"]}`],
  ])('is %i %s in %s %s', async (status, code, path, body) => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const service = await startService();
    await service
      .post('/models')
      .send({ name: 'm', features: [[1], [2]], labels: ['a', 'b'] })
      .expect(201);
    const answer = await service.post(path).set('content-type', 'application/json').send(body);
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    await json('{"model":"m","instances":[[1]]}')(service).expect(200);
  });
});
