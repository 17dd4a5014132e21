import type { SeededRandom } from '../../../src/kernel/seeded-random.ts';
import { parquetOf } from '../models/parquet-files.ts';

/** A request that asks much of the service. */
export interface HeavyRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly type?: string;
  readonly body?: string | Buffer;
}

/** Makes a request; `size` from 0 to 1 says how much of what is allowed it asks, and 1 is a little beyond. */
type Shape = (size: number, random: SeededRandom) => HeavyRequest;

const times = <Item>(count: number, item: (k: number) => Item) =>
  Array.from({ length: Math.max(1, Math.round(count)) }, (_, k) => item(k));

const json = (path: string, value: unknown): HeavyRequest => ({
  method: 'POST',
  path,
  type: 'application/json',
  body: typeof value === 'string' ? value : JSON.stringify(value),
});

const BOUNDARY = 'surety-test-boundary';

/** A registration as a form; the model comes and goes, so that nothing is full. */
function form(filename: string, data: string | Uint8Array, model: object = {}): HeavyRequest {
  const head = [
    `--${BOUNDARY}`,
    'content-disposition: form-data; name="model"',
    '',
    JSON.stringify({ name: 'new', target: 'y', ...model }),
    `--${BOUNDARY}`,
    `content-disposition: form-data; name="data"; filename="${filename}"`,
    '',
    '',
  ].join('\r\n');
  const body = Buffer.concat([Buffer.from(head), Buffer.from(data), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
  return { method: 'POST', path: '/models', type: `multipart/form-data; boundary=${BOUNDARY}`, body };
}

const csv = (lines: readonly string[], model?: object) => form('rows.csv', `${lines.join('\n')}\n`, model);
const label = (k: number) => (k % 3 === 0 ? 'a' : 'b');
const vector = (random: SeededRandom, width: number) => times(width, () => random.below(1000) / 999);

const MEBI = 2 ** 20;
const manyRows = 1_000_000;

const registering: Record<string, Shape> = {
  'CSV of commas': (size) => form('rows.csv', `x,y\n${','.repeat(5 * MEBI * size)}`),
  'CSV whose header is commas': (size) => form('rows.csv', ','.repeat(5 * MEBI * size)),
  'CSV of one value': (size) => form('rows.csv', `x,y\n1,a\n"${'q'.repeat(15 * MEBI * size)}",b\n`),
  'CSV of quotes': (size) => form('rows.csv', `x,y\n1,a\n"${'""'.repeat(2.2 * MEBI * size)}",b\n`),
  'CSV of line ends': (size) => form('rows.csv', `x,y\n1,a\n${'\n'.repeat(15 * MEBI * size)}2,b\n`),
  'CSV with distinct texts': (size) =>
    csv(['x,y', ...times(manyRows * size, (k) => `text ${(k * 7919) % 1_000_003},${label(k)}`)]),
  'CSV with distinct texts that are ignored': (size) =>
    csv(['x,id,y', ...times(manyRows * size, (k) => `${k % 7},text ${(k * 7919) % 1_000_003},${label(k)}`)], {
      ignore: ['id'],
    }),
  'CSV with distinct texts in many ignored columns': (size) => {
    const names = times(20, (k) => `id${k}`);
    const lines = times(
      60_000 * size,
      (k) => `${names.map((_, c) => `t${k * 31 + c}`).join(',')},${k % 9},${label(k)}`,
    );
    return csv([[...names, 'x', 'y'].join(','), ...lines], { ignore: names });
  },
  'CSV with distinct labels': (size) =>
    csv(['x,y', ...times(manyRows * size, (k) => `${k % 10},label ${k}`)]),
  'CSV with distinct column names': (size) => csv([times(2 * MEBI * size, (k) => `c${k}`).join(','), '1,2']),
  'CSV with a wide header and short rows': (size) =>
    csv([['y', ...times(4096 * size, (k) => `c${k}`)].join(','), ...times(10, () => 'a,1')]),
  'CSV with many columns': (size) => {
    const columns = times(4095 * size, (k) => `c${k}`);
    return csv([
      ['y', ...columns].join(','),
      ...times(300, (k) => `${label(k)},${columns.map((_, c) => (c === 0 ? k : c % 11)).join(',')}`),
    ]);
  },
  'CSV whose numbers end in a text': (size) =>
    csv(['x,y', ...times(manyRows * size, (k) => `${k},${label(k)}`), 'none,a']),
  'CSV whose spelt numbers end in a text, ignored': (size) =>
    csv(['x,id,y', ...times(manyRows * size, (k) => `${k % 7},0${k},${label(k)}`), '1,none,a'], {
      ignore: ['id'],
    }),
  'CSV with few levels': (size) =>
    csv(['x,z,y', ...times(manyRows * size, (k) => `${k % 10},${'pqr'[k % 3]},${label(k)}`)]),
  'CSV with one wrong row at the end': (size) =>
    csv(['x,y', ...times(manyRows * size, (k) => `${k},${label(k)}`), '1,2,3']),
  'CSV with many rows for partitions': (size) =>
    csv(['x,y', ...times(200_000 * size, (k) => `${k % 1009},${label(k)}`)], {
      settings: { partitions: { count: 50, threat: 'labels' } },
    }),
  'a form with much ignored': (size) =>
    csv(['x,y', '1,a', '2,b'], { ignore: times(100_000 * size, (k) => `c${k}`) }),
  'a form with many types': (size) =>
    csv(['x,y', '1,a', '2,b'], {
      columnTypes: Object.fromEntries(times(60_000 * size, (k) => [`c${k}`, 'number'])),
    }),
  'a form with wrong types': (size) =>
    csv(['x,y', '1,a', '2,b'], {
      columnTypes: Object.fromEntries(times(60_000 * size, (k) => [`c${k}`, 'no'])),
    }),
  'NDJSON with distinct names': (size) =>
    form(
      'rows.ndjson',
      `${JSON.stringify(Object.fromEntries(times(300_000 * size, (k) => [`c${k}`, k])))}\n`,
    ),
  'NDJSON with one long text': (size) =>
    form('rows.ndjson', `{"x":"${'q'.repeat(4.1 * MEBI * size)}","y":"a"}\n{"x":"1","y":"b"}\n`),
  'NDJSON with wide records': (size) => {
    const names = times(4095 * size, (k) => `c${k}`);
    return form(
      'rows.ndjson',
      times(100, (k) =>
        JSON.stringify({
          y: label(k),
          ...Object.fromEntries(names.map((name, c) => [name, c === 0 ? k : c % 7])),
        }),
      ).join('\n'),
    );
  },
  'NDJSON of line ends': (size) => form('rows.ndjson', '\n'.repeat(15 * MEBI * size)),
  'NDJSON of brackets': (size) => form('rows.ndjson', '['.repeat(4 * MEBI * size)),
  'NDJSON with a list in a record': (size) =>
    form('rows.ndjson', `{"x":[${times(2 * MEBI * size, () => '1').join(',')}],"y":"a"}\n`),
  'NDJSON with many rows': (size) =>
    form('rows.ndjson', times(500_000 * size, (k) => `{"x":${k},"y":"${label(k)}"}`).join('\n')),
  'JSON records with distinct names': (size) =>
    json('/models', {
      name: 'new',
      target: 'y',
      records: times(300 * size, (k) => Object.fromEntries(times(1000, (c) => [`c${k}-${c}`, c]))),
    }),
  'a JSON record with a million names': (size) =>
    json('/models', {
      name: 'new',
      target: 'y',
      records: [Object.fromEntries(times(1_000_000 * size, (c) => [`c${c}`, c]))],
    }),
  'a JSON row with a million values': (size) =>
    json('/models', {
      name: 'new',
      target: 'y',
      columns: ['x', 'y'],
      rows: [times(1_000_000 * size, (c) => c)],
    }),
  'JSON columns': (size) =>
    json('/models', { name: 'new', target: 'y', columns: times(1_000_000 * size, (k) => `c${k}`), rows: [] }),
  'JSON columns of the wrong type': (size) =>
    json('/models', { name: 'new', target: 'y', columns: times(1_000_000 * size, () => 1), rows: [] }),
  'JSON classes': (size) =>
    json('/models', {
      name: 'new',
      classes: times(300_000 * size, (k) => `c${k}`),
      features: [[1], [2]],
      labels: ['a', 'b'],
    }),
  'JSON types': (size) =>
    json('/models', {
      name: 'new',
      target: 'y',
      columns: ['x', 'y'],
      rows: [[1, 'a']],
      columnTypes: Object.fromEntries(times(300_000 * size, (k) => [`c${k}`, 'number'])),
    }),
  'JSON with unknown members': (size) =>
    json('/models', Object.fromEntries(times(300_000 * size, (k) => [`c${k}`, k]))),
  'JSON that is nested': (size) => json('/models', `{"name":"new","x":${'['.repeat(MEBI * size)}`),
  'JSON features': (size, random) => {
    const rows = times(20_000 * size, () => vector(random, 100));
    return json('/models', { name: 'new', features: rows, labels: rows.map((_, k) => label(k)) });
  },
  'JSON features with random Fourier features': (size, random) => {
    const rows = times(5000 * size, () => vector(random, 20));
    return json('/models', {
      name: 'new',
      features: rows,
      labels: rows.map((_, k) => label(k)),
      settings: { features: { randomFourier: { components: 1000, scale: 1, seed: 1 } } },
    });
  },
  'JSON features one wide': (size) =>
    json('/models', {
      name: 'new',
      features: times(manyRows * size, (k) => [k % 13]),
      labels: times(manyRows * size, label),
    }),
  'JSON features standardised': (size, random) => {
    const rows = times(3000 * size, () => vector(random, 1000));
    return json('/models', {
      name: 'new',
      features: rows,
      labels: rows.map((_, k) => label(k)),
      settings: { features: { standardise: true } },
    });
  },
  'Parquet with a page of many rows': (size) => {
    const rows = manyRows * size;
    return form(
      'rows.parquet',
      parquetOf({
        columnData: [
          {
            name: 'x',
            data: times(rows, (k) => k % 1009),
            type: 'DOUBLE',
            nullable: true,
            encoding: 'PLAIN',
          },
          { name: 'y', data: times(rows, label), type: 'STRING' },
        ],
        pageSize: 2 ** 30,
        rowGroupSize: 2_000_000,
      }),
    );
  },
  'Parquet with a large dictionary': (size) => {
    const rows = 500_000 * size;
    return form(
      'rows.parquet',
      parquetOf({
        columnData: [
          {
            name: 'id',
            data: times(rows, (k) => `text ${k % Math.ceil(rows / 2)}`),
            type: 'STRING',
            encoding: 'RLE_DICTIONARY',
          },
          { name: 'x', data: times(rows, (k) => k % 10), type: 'INT32' },
          { name: 'y', data: times(rows, label), type: 'STRING' },
        ],
        pageSize: 2 ** 30,
        rowGroupSize: 2_000_000,
      }),
      { ignore: ['id'] },
    );
  },
  'Parquet with long integers': (size) => {
    const rows = manyRows * size;
    return form(
      'rows.parquet',
      parquetOf({
        columnData: [
          {
            name: 'x',
            data: times(rows, (k) => BigInt(k * 977)),
            type: 'INT64',
            encoding: 'DELTA_BINARY_PACKED',
          },
          { name: 'y', data: times(rows, label), type: 'STRING' },
        ],
        pageSize: 2 ** 30,
        rowGroupSize: 2_000_000,
        codec: 'GZIP',
      }),
    );
  },
  'Parquet with many columns': (size) =>
    form(
      'rows.parquet',
      parquetOf({
        columnData: [
          ...times(4096 * size, (c) => ({ name: `c${c}`, data: [c, c + 1, 2], type: 'DOUBLE' as const })),
          { name: 'y', data: ['a', 'b', 'a'], type: 'STRING' as const },
        ],
      }),
    ),
};

const names784 = times(784, (k) => `pixel number ${k}`);
const record784 = (k: number) => Object.fromEntries(names784.map((name, c) => [name, (k * c) % 255]));
const threat = (rows: object) =>
  json('/certify', { model: 'rows', instances: [{ x: 3, z: 'p' }], threat: { rows } });

const asking: Record<string, Shape> = {
  'named columns': (size) =>
    json('/certify', { model: 'named', instances: times(10_000 * size, (k) => record784(k)) }),
  'unknown columns': (size) =>
    json('/certify', {
      model: 'named',
      instances: times(10_000 * size, (k) => ({ ...Object.fromEntries(times(50, (c) => [`c${c}`, k])) })),
    }),
  'an instance of many columns': (size) =>
    json('/certify', {
      model: 'rows',
      instances: [Object.fromEntries(times(1_000_000 * size, (c) => [`c${c}`, c]))],
    }),
  'a long text': (size) =>
    json('/certify', { model: 'rows', instances: [{ x: 1, z: 'q'.repeat(15 * MEBI * size) }] }),
  'many instances': (size) =>
    json('/certify', { model: 'rows', instances: times(10_001 * size, (k) => ({ x: k % 11, z: 'p' })) }),
  'many too many instances': (size) =>
    json('/certify', { model: 'rows', instances: times(manyRows * size, () => 1) }),
  'reasons of a wide model': (size) =>
    json('/certify', { model: 'named', instances: times(2500 * size, record784), explain: { reasons: 784 } }),
  'a threat of many conditions': (size) =>
    threat({ or: times(998 * size, (k) => ({ column: 'x', atLeast: 1000 + k })) }),
  'a threat of many lists': (size) =>
    threat({ or: times(998 * size, (k) => ({ column: 'x', in: times(100, (v) => 1000 + k * 100 + v) })) }),
  'a threat of many row lists': (size) =>
    threat({ or: times(998 * size, (k) => ({ indices: times(100, (v) => (k * 100 + v) % 1000) })) }),
  'a threat of one long list': (size) => threat({ column: 'x', in: times(manyRows * size, (k) => k) }),
  'a threat of long texts': (size) => threat({ column: 'id', in: times(100_000 * size, (k) => `text ${k}`) }),
  'a threat of all rows': (size) => threat({ indices: times(manyRows * size, (k) => k) }),
  'a nested threat': (size) => {
    let rows: object = { column: 'x', atLeast: 1000 };
    for (let k = 0; k < 8 * size; k++) rows = k % 2 === 0 ? { or: [rows, rows] } : { and: [rows, rows] };
    return threat(rows);
  },
  'a threat of many transitions': (size) =>
    json('/certify', {
      model: 'rows',
      instances: [{ x: 3, z: 'p' }],
      threat: { transitions: times(manyRows * size, (k) => (k % 2 === 0 ? ['a', 'b'] : ['b', 'a'])) },
    }),
  'a threat of too many conditions': (size) =>
    threat({ and: times(manyRows * size, (k) => ({ column: 'x', atLeast: k })) }),
};

const evaluating: Record<string, Shape> = {
  'many instances': (size) => {
    const count = 100_000 * size;
    return json('/evaluate', {
      model: 'small',
      instances: times(count, (k) => ({ x: k % 11, z: 'p' })),
      labels: times(count, label),
    });
  },
  'many that do not fit': (size) => {
    const count = 100_000 * size;
    return json('/evaluate', {
      model: 'small',
      instances: times(count, (k) => ({ x: k })),
      labels: times(count, label),
    });
  },
  'a wrong label at the end': (size) => {
    const count = manyRows * size;
    return json('/evaluate', {
      model: 'small',
      instances: times(100_000 * size, () => ({})),
      labels: [...times(count, label), 'c'],
    });
  },
  'named columns': (size) => {
    const count = 3000 * size;
    return json('/evaluate', {
      model: 'named',
      instances: times(count, record784),
      labels: times(count, label),
    });
  },
  'many comparisons': (size) =>
    json('/evaluate', {
      model: 'small',
      instances: [{ x: 1, z: 'p' }],
      labels: ['a'],
      compare: times(100_000 * size, () => ({ method: 'exact' })),
    }),
};

const small: Record<string, Shape> = {
  'many members': (size) => json('/votes', Object.fromEntries(times(6000 * size, (k) => [`c${k}`, k]))),
  'many votes': () =>
    json('/votes', {
      noise: { kind: 'labels', q: 0.3, classes: 1e9 },
      votes: { top: 9e8, total: 1e9 },
      confidence: 0.999,
    }),
};

const get = (path: string): Record<string, Shape> => ({ 'as it is': () => ({ method: 'GET', path }) });

/** Requests by the operationId of openapi.yaml. */
export const SHAPES: Record<string, Record<string, Shape>> = {
  registerModel: registering,
  certify: asking,
  evaluate: evaluating,
  votes: small,
  createKey: {
    'a long list': (size) => json('/keys', { name: 'k', scopes: times(6000 * size, () => 'read') }),
  },
  listKeys: get('/keys'),
  revokeKey: { 'an unknown one': () => ({ method: 'DELETE', path: '/keys/none' }) },
  listModels: get('/models'),
  listVersions: get('/models/wide'),
  getVersion: get('/models/wide/versions/1'),
  deleteModel: { 'the one that was registered': () => ({ method: 'DELETE', path: '/models/new' }) },
  deleteVersion: {
    'the one that was registered': () => ({ method: 'DELETE', path: '/models/new/versions/1' }),
  },
  openapiJson: get('/openapi.json'),
  openapi30Json: get('/openapi-3.0.json'),
  openapiYaml: get('/openapi.yaml'),
  livez: get('/livez'),
  readyz: get('/readyz'),
  metrics: get('/metrics'),
};

/** Models that are asked: long ones, and many of which there is much to say. */
export function* models(versions: number): Generator<HeavyRequest> {
  const rows = times(200_000, (k) => `${k % 97},${'pqr'[k % 3]},text ${k},${label(k)}`);
  yield csv(['x,z,id,y', ...rows], { name: 'rows', ignore: ['id'] });
  yield csv(['x,z,y', ...times(50, (k) => `${k},${'pqr'[k % 3]},${label(k)}`)], { name: 'small' });
  yield csv(
    [
      [...names784, 'y'].join(','),
      ...times(50, (k) => `${Object.values(record784(k)).join(',')},${label(k)}`),
    ],
    { name: 'named' },
  );
  const columns = times(4094, (k) => `column number ${k}`);
  for (let version = 0; version < versions; version++) {
    const line = (first: number, k: number) => [first, label(k), ...columns.map(() => version)].join(',');
    yield csv([['x', 'y', ...columns].join(','), line(1, 0), line(2, 1)], { name: 'wide' });
  }
}
