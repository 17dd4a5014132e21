import type { Test } from 'supertest';
import type { ErrorCode } from '../../src/errors.ts';
import { application, LOANS, loansCsv, REGISTRATION } from './loans.ts';
import type { Service } from './service.ts';

const MODEL = JSON.stringify({ name: 'loans', target: 'outcome' });

/** A request that provokes an error, and what its detail says. */
export interface Provocation {
  readonly code: ErrorCode;
  readonly when: string;
  readonly send: (service: Service) => Test;
  readonly detail: string | RegExp;
}

export const register = (change: object) => (service: Service) =>
  service.post('/models').send({ ...REGISTRATION, ...change });
export const json =
  (body: string, type = 'application/json') =>
  (service: Service) =>
    service.post('/certify').set('content-type', type).send(body);
export const csv =
  (data: string | Buffer, filename = 'loans.csv', model = MODEL) =>
  (service: Service) =>
    service.post('/models').field('model', model).attach('data', Buffer.from(data), { filename });
export const certify = (change: object) => (service: Service) =>
  service.post('/certify').send({ model: 'loans', instances: [application(0)], ...change });
const records = (row: number, change: object) => ({
  records: LOANS.map((loan, at) => (at === row ? { ...loan, ...change } : loan)),
});
export const vectors = (change: object) => (service: Service) =>
  service.post('/models').send({
    name: 'vectors',
    features: [
      [1, 2],
      [3, 5],
    ],
    labels: ['a', 'b'],
    ...change,
  });

export const PROVOCATIONS: readonly Provocation[] = [
  {
    code: 'malformed_json',
    when: 'a malformed body',
    send: json('{"model": '),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'NaN in the body',
    send: json('{"model":"loans","instances":[[NaN]]}'),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'an empty body',
    send: json(''),
    detail: 'The body is empty; expected JSON',
  },
  {
    code: 'malformed_json',
    when: 'a prototype in the body',
    send: json('{"__proto__":{"x":1}}'),
    detail: 'The body is not valid JSON',
  },
  {
    code: 'malformed_json',
    when: 'a model part that is not JSON',
    send: csv(loansCsv(), 'loans.csv', '{'),
    detail: "Part 'model' is not valid JSON",
  },
  {
    code: 'malformed_multipart',
    when: 'data before model',
    send: (s) => s.post('/models').attach('data', Buffer.from(loansCsv()), 'x.csv').field('model', MODEL),
    detail: "Expected a part 'model' before the part 'data'",
  },
  {
    code: 'malformed_multipart',
    when: 'no data',
    send: (s) => s.post('/models').field('model', MODEL),
    detail: /'model' \(JSON\) and 'data'/,
  },
  {
    code: 'malformed_multipart',
    when: 'another part',
    send: (s) => s.post('/models').field('notes', 'x'),
    detail: /got another/,
  },
  {
    code: 'malformed_multipart',
    when: 'too many parts',
    send: (s) => s.post('/models').field('model', MODEL).field('more', 'x'),
    detail: /one field/,
  },
  {
    code: 'malformed_multipart',
    when: 'no boundary',
    send: (s) => s.post('/models').set('content-type', 'multipart/form-data').send('x'),
    detail: 'The form cannot be read',
  },
  { code: 'invalid_request', when: 'an unknown member', send: certify({ colour: 1 }), detail: /colour/ },
  { code: 'invalid_request', when: 'no instances', send: certify({ instances: [] }), detail: /instances/ },
  {
    code: 'invalid_request',
    when: 'a breaking set of the smoothed classifier',
    send: certify({ method: 'smoothed', explain: { breakingSet: true } }),
    detail: 'body /explain/breakingSet: needs method exact',
  },
  {
    code: 'invalid_request',
    when: 'noise for the exact certificate',
    send: certify({ noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed',
  },
  {
    code: 'invalid_request',
    when: 'noise for the vote of an ensemble',
    send: certify({ method: 'partition', noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed',
  },
  {
    code: 'invalid_request',
    when: 'an intercept without centring',
    send: register({ settings: { centre: false, intercept: true } }),
    detail: 'body /settings/intercept: an intercept needs centre: true',
  },
  {
    code: 'invalid_request',
    when: 'a lambda of zero',
    send: register({ settings: { lambda: { absolute: 0 } } }),
    detail: /lambda/,
  },
  {
    code: 'invalid_request',
    when: 'two forms of data',
    send: register({ features: [[1]] }),
    detail: 'body: expected exactly one of rows, records and features',
  },
  {
    code: 'invalid_request',
    when: 'rows without columns',
    send: (s) => s.post('/models').send({ name: 'x', target: 'y', rows: [[1]] }),
    detail: 'body /columns: rows need columns',
  },
  {
    code: 'invalid_request',
    when: 'a version in hexadecimal',
    send: (s) => s.get('/models/loans/versions/0x1'),
    detail: /version/,
  },
  {
    code: 'invalid_request',
    when: 'a bad version',
    send: (s) => s.get('/models/loans/versions/one'),
    detail: /version/,
  },
  {
    code: 'invalid_request',
    when: 'a bad model name',
    send: register({ name: '../x' }),
    detail: /letters, digits/,
  },
  {
    code: 'invalid_request',
    when: 'a bad model part',
    send: csv(loansCsv(), 'x.csv', '{"name":"x"}'),
    detail: /part 'model' \/target/,
  },
  {
    code: 'not_found',
    when: 'an address that does not exist',
    send: (s) => s.get('/nothing'),
    detail: 'There is no GET at this address',
  },
  {
    code: 'unsupported_media_type',
    when: 'a form to certify',
    send: (s) => s.post('/certify').field('model', MODEL),
    detail: /Expected application\/json/,
  },
  {
    code: 'malformed_multipart',
    when: 'a huge model part',
    send: csv(loansCsv(), 'x.csv', JSON.stringify({ name: 'x', target: 'y'.repeat(2 ** 20) })),
    detail: "Part 'model' may have at most 1048576 bytes",
  },
  {
    code: 'invalid_settings',
    when: 'a lambda that overflows',
    send: register({ settings: { lambda: { relative: 1e308 } } }),
    detail: 'lambda: too large for these features, it overflows',
  },
  {
    code: 'invalid_request',
    when: 'a relative and an absolute lambda',
    send: register({ settings: { lambda: { relative: 1, absolute: 1 } } }),
    detail: 'body /settings/lambda: expected either relative or absolute, a number above 0',
  },
  {
    code: 'unsupported_media_type',
    when: 'plain text',
    send: json('{}', 'text/plain'),
    detail: /Expected application\/json/,
  },
  {
    code: 'not_found',
    when: 'an address that is no URL',
    send: (s) => s.get('/models/%ff'),
    detail: 'The address is not a valid URL',
  },
  {
    code: 'not_found',
    when: 'a method that does not exist',
    send: (s) => s.delete('/certify'),
    detail: 'There is no DELETE at this address',
  },
  {
    code: 'model_not_found',
    when: 'an unknown model',
    send: certify({ model: 'other' }),
    detail: "there is no model 'other'",
  },
  {
    code: 'version_not_found',
    when: 'an unknown version',
    send: certify({ version: 9 }),
    detail: "model 'loans' has no version 9",
  },
  {
    code: 'unsupported_media_type',
    when: 'XML',
    send: json('<x/>', 'application/xml'),
    detail: /Expected application\/json/,
  },
  {
    code: 'unsupported_data_format',
    when: 'Parquet',
    send: csv('PAR1', 'loans.parquet'),
    detail: /expected a \.csv, \.ndjson or \.jsonl file/,
  },
  {
    code: 'invalid_csv',
    when: 'an unclosed quote',
    send: csv('a,b\n"1,2\n'),
    detail: /the file ends inside a quoted value/,
  },
  {
    code: 'invalid_ndjson',
    when: 'a broken line',
    send: csv('{"a":1,"outcome":"x"}\n{"a":\n', 'loans.ndjson'),
    detail: 'line 2: expected a JSON record',
  },
  {
    code: 'invalid_encoding',
    when: 'Latin-1',
    send: csv(Buffer.from('a,outcome\n\xe9,x\n', 'latin1')),
    detail: 'expected UTF-8 text, got other bytes',
  },
  { code: 'no_rows', when: 'an empty CSV', send: csv(''), detail: /the file is empty/ },
  { code: 'no_rows', when: 'a header alone', send: csv('a,outcome\n'), detail: /at least one row/ },
  { code: 'no_rows', when: 'no records', send: register({ records: [] }), detail: /at least one record/ },
  {
    code: 'row_length',
    when: 'a short CSV row',
    send: csv('a,outcome\n1,x\n2\n'),
    detail: 'row 1: expected 2 values, got 1',
  },
  {
    code: 'row_length',
    when: 'a short vector',
    send: vectors({ features: [[1, 2], [3]] }),
    detail: 'row 1: expected 2 features, got 1',
  },
  {
    code: 'row_length',
    when: 'a label too few',
    send: vectors({ labels: ['a'] }),
    detail: /expected 2 labels/,
  },
  {
    code: 'duplicate_column',
    when: 'a duplicate column',
    send: csv('a,a,outcome\n1,2,x\n'),
    detail: 'columns number 0 and 1 have the same name',
  },
  {
    code: 'unknown_column',
    when: 'a semicolon for a comma',
    send: csv('a;outcome\n1;x\n2;y\n'),
    detail: /is the separator a comma\?$/,
  },
  {
    code: 'unknown_column',
    when: 'a target that is not there',
    send: register({ target: 'result' }),
    detail: "target: the table has no column 'result'",
  },
  {
    code: 'unknown_column',
    when: 'ignoring what is not there',
    send: register({ ignore: ['x'] }),
    detail: /ignore/,
  },
  {
    code: 'missing_column',
    when: 'a record without a column',
    send: register({ records: [...LOANS, { outcome: 'repaid' }] }),
    detail: /row 120 has no column 'income'/,
  },
  {
    code: 'invalid_name',
    when: 'a nameless column',
    send: csv('a,,outcome\n1,2,x\n'),
    detail: /column number 1: expected a name/,
  },
  {
    code: 'wrong_type',
    when: 'text among numbers',
    send: register(records(3, { amount: 'lots' })),
    detail: /row 3, column 'amount': expected a number .*, got a string/,
  },
  {
    code: 'not_finite',
    when: 'NaN in a CSV',
    send: csv('a,outcome\n1,x\nNaN,y\n'),
    detail: "row 1, column 'a': expected a finite number",
  },
  {
    code: 'not_finite',
    when: 'an overflowing number',
    send: vectors({
      features: [
        [1e300, 1],
        [2, 3],
      ],
    }),
    detail: /row 0, feature 0/,
  },
  {
    code: 'missing_label',
    when: 'a row without label',
    send: register(records(4, { outcome: null })),
    detail: 'row 4: expected a label, got none',
  },
  {
    code: 'unknown_label',
    when: 'a label never listed',
    send: register({ classes: ['repaid', 'late'] }),
    detail: /not one of the listed classes/,
  },
  {
    code: 'one_class',
    when: 'a one-class target',
    send: csv('a,outcome\n1,x\n2,x\n'),
    detail: /at least two classes/,
  },
  {
    code: 'class_without_rows',
    when: 'a listed class without rows',
    send: register({ classes: ['repaid', 'defaulted', 'late'] }),
    detail: "class 'late' is listed and has no rows",
  },
  {
    code: 'no_features',
    when: 'only constant columns',
    send: csv('a,outcome\n1,x\n1,y\n'),
    detail: /every column is constant/,
  },
  {
    code: 'invalid_settings',
    when: 'too much noise',
    send: register({ settings: { noise: { q: 0.5 } } }),
    detail: /noise.q: expected 0 < q < 1\/2/,
  },
  {
    code: 'invalid_settings',
    when: 'too much noise in a request',
    send: certify({ method: 'smoothed', noise: { q: 0.7 } }),
    detail: /noise.q/,
  },
  {
    code: 'invalid_settings',
    when: 'a vote of a model without partitions',
    send: certify({ method: 'partition' }),
    detail: /register it with settings.partitions/,
  },
  {
    code: 'invalid_settings',
    when: 'partitions against rows without declared classes',
    send: register({ settings: { partitions: { count: 2, threat: 'rows' } } }),
    detail: /declare classes, columnTypes/,
  },
  {
    code: 'invalid_settings',
    when: 'an unknown positive class',
    send: register({ settings: { rule: { kind: 'threshold', value: 0.5, positive: 'x' } } }),
    detail: /'x' is not one of the classes/,
  },
  {
    code: 'invalid_instances',
    when: 'no instance that fits',
    send: certify({ instances: [{}, []] }),
    detail: 'none of the 2 instances could be certified',
  },
  {
    code: 'invalid_instances',
    when: 'too few features',
    send: certify({ model: 'vectors', instances: [[1]] }),
    detail: 'the instance could not be certified: expected 2 features, got 1',
  },
];
