import type { Response } from 'supertest';
import type { ErrorCode } from '../../../src/errors.ts';
import { application, LOANS, loansCsv, REGISTRATION } from '../models/loans.ts';
import type { Service } from './service.ts';

const MODEL = JSON.stringify({ name: 'loans', target: 'outcome' });

/** A request that provokes an error, and what its detail says. */
export interface Provocation {
  readonly code: ErrorCode;
  readonly when: string;
  readonly send: (service: Service) => PromiseLike<Response>;
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
const suspecting = (threat: object, change: object = {}) => certify({ threat, ...change });
/** Asks a model with other settings, registered first, to explain itself. */
const explainAfter = (settings: object, explain: object) => async (service: Service) => {
  await register({ name: 'other', settings })(service).expect(201);
  return certify({ model: 'other', explain })(service);
};
export const evaluate = (change: object) => (service: Service) =>
  service
    .post('/evaluate')
    .send({ model: 'loans', instances: [application(0)], labels: ['repaid'], ...change });
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
    when: 'a registration of nothing at all',
    send: (s) => s.post('/models'),
    detail: 'The body is empty; expected JSON or a form',
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
    when: 'reasons of the smoothed classifier',
    send: certify({ method: 'smoothed', explain: { radius: false, reasons: 3 } }),
    detail: 'body /explain/reasons: needs method exact',
  },
  {
    code: 'invalid_request',
    when: 'invariance to nothing',
    send: certify({ explain: { invariantTo: [] } }),
    detail: 'body /explain/invariantTo: expected 1 to 16 columns',
  },
  {
    code: 'invalid_request',
    when: 'invariance to a column twice',
    send: certify({ explain: { invariantTo: ['income', 'income'] } }),
    detail: 'body /explain/invariantTo: a column is named twice',
  },
  {
    code: 'invalid_request',
    when: 'no reasons',
    send: certify({ explain: { reasons: 0 } }),
    detail: /reasons/,
  },
  {
    code: 'invalid_request',
    when: 'noise for the exact certificate',
    send: certify({ noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed or monte-carlo',
  },
  {
    code: 'invalid_request',
    when: 'samples for a method without any',
    send: certify({ method: 'smoothed', monteCarlo: { samples: 1000 } }),
    detail: 'body /monteCarlo: needs method monte-carlo',
  },
  {
    code: 'invalid_request',
    when: 'a confidence of certainty',
    send: certify({ method: 'monte-carlo', monteCarlo: { confidence: 1 } }),
    detail: /^body \/monteCarlo\/confidence/,
  },
  {
    code: 'invalid_request',
    when: 'noise for the vote of an ensemble',
    send: certify({ method: 'partition', noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed or monte-carlo',
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
    code: 'not_found',
    when: 'a method that does not exist, whatever the body',
    send: (s) => s.delete('/certify').set('content-type', 'application/json').send('[1'),
    detail: 'There is no DELETE at this address',
  },
  {
    code: 'unsupported_media_type',
    when: 'a body of plain text with DELETE',
    send: (s) => s.delete('/models/loans').set('content-type', 'text/plain').send('x'),
    detail: /Expected application\/json/,
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
    when: 'a spreadsheet',
    send: csv('PK', 'loans.xlsx'),
    detail: /expected a \.csv, \.ndjson, \.jsonl or \.parquet file/,
  },
  {
    code: 'invalid_csv',
    when: 'an unclosed quote',
    send: csv('a,outcome\n"1,2\n'),
    detail: /the file ends inside a quoted value/,
  },
  {
    code: 'invalid_ndjson',
    when: 'a broken line',
    send: csv('{"a":1,"outcome":"x"}\n{"a":\n', 'loans.ndjson'),
    detail: 'line 2: expected a JSON record',
  },
  {
    code: 'invalid_parquet',
    when: 'a CSV by another name',
    send: csv(loansCsv(), 'loans.parquet'),
    detail: 'expected a file that starts and ends with PAR1; is it cut off?',
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
    code: 'unknown_column',
    when: 'invariance to what is not there',
    send: certify({ explain: { invariantTo: ['income', 'colour'] } }),
    detail: "explain.invariantTo: 'colour' is not a column of the model",
  },
  {
    code: 'unknown_column',
    when: 'invariance to the target',
    send: certify({ explain: { invariantTo: ['outcome'] } }),
    detail: "explain.invariantTo: 'outcome' is the target, no input of the model",
  },
  {
    code: 'not_linear',
    when: 'the radius of a model with sign weights',
    send: explainAfter({ weights: 'sign' }, { radius: true }),
    detail: 'explain.radius: with setting weights other than raw the scores are not linear in the features',
  },
  {
    code: 'not_linear',
    when: 'reasons after unit norm',
    send: explainAfter({ features: { unitNorm: true } }, { reasons: 2 }),
    detail: 'explain.reasons: with setting features.unitNorm the scores are not a sum over the columns',
  },
  {
    code: 'not_linear',
    when: 'invariance after random Fourier features',
    send: explainAfter(
      { features: { randomFourier: { components: 20, scale: 1, seed: 1 } } },
      { invariantTo: ['income'] },
    ),
    detail:
      'explain.invariantTo: with setting features.randomFourier the scores are not a sum over the columns',
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
    when: 'weights that mark more contributions than there are',
    send: register({ settings: { weights: { top: 121 } } }),
    detail: 'weights.top: expected at most 120, the rows, got 121',
  },
  {
    code: 'invalid_request',
    when: 'weights of no known kind',
    send: register({ settings: { weights: 'square' } }),
    detail: /^body \/settings\/weights: expected raw, sign/,
  },
  {
    code: 'invalid_settings',
    when: 'an evaluation of votes without partitions',
    send: evaluate({ compare: [{}, { method: 'partition' }] }),
    detail: /register it with settings.partitions/,
  },
  {
    code: 'invalid_settings',
    when: 'more partitions than can vote on so many classes',
    send: vectors({
      features: Array.from({ length: 150 }, (_, row) => [row]),
      labels: Array.from({ length: 150 }, (_, row) => `class ${row}`),
      settings: { partitions: { count: 1000, threat: 'labels' } },
    }),
    detail: 'partitions.count: with 150 classes expected at most 888, got 1000',
  },
  {
    code: 'invalid_settings',
    when: 'another lambda for an ensemble',
    send: (s) => {
      const partitions = { count: 2, threat: 'labels' };
      const registered = register({ name: 'parts', settings: { partitions } })(s).expect(201);
      const compare = [{ method: 'partition', lambda: { relative: 2 } }];
      return registered.then(() => evaluate({ model: 'parts', compare })(s));
    },
    detail: /^compare: the lambda of an ensemble cannot be varied/,
  },
  {
    code: 'invalid_request',
    when: 'an evaluation with samples for a method without any',
    send: evaluate({ monteCarlo: { samples: 1000 } }),
    detail: 'body /monteCarlo: needs method monte-carlo',
  },
  {
    code: 'invalid_threat',
    when: 'an evaluation under a threat that does not fit',
    send: evaluate({ threat: { rows: { column: 'colour', in: ['red'] } } }),
    detail: "/threat/rows/column: the model has no column 'colour'",
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
    code: 'invalid_threat',
    when: 'an unknown column',
    send: suspecting({ rows: { column: 'colour', in: ['red'] } }),
    detail: "/threat/rows/column: the model has no column 'colour'",
  },
  {
    code: 'invalid_threat',
    when: 'the target as a column',
    send: suspecting({ rows: { column: 'outcome', in: ['repaid'] } }),
    detail: "/threat/rows/column: 'outcome' is the target; say in transitions which labels may change",
  },
  {
    code: 'invalid_threat',
    when: 'bounds on a category',
    send: suspecting({ rows: { or: [{ column: 'purpose', below: 7 }] } }),
    detail: "/threat/rows/or/0: column 'purpose' is a category, bounds need a number; use in or notIn",
  },
  {
    code: 'invalid_threat',
    when: 'text for a number',
    send: suspecting({ rows: { column: 'amount', in: ['lots'] } }),
    detail: "/threat/rows/in/0: column 'amount': expected a number or null, got a string",
  },
  {
    code: 'invalid_threat',
    when: 'a level that was never seen',
    send: suspecting({ rows: { column: 'purpose', notIn: ['car', 'yacht'] } }),
    detail: "/threat/rows/notIn/1: column 'purpose' has no such level",
  },
  {
    code: 'invalid_threat',
    when: 'a row that is not there',
    send: suspecting({ rows: { indices: [0, 120] } }),
    detail: '/threat/rows/indices/1: expected a row number below 120, the number of rows',
  },
  {
    code: 'invalid_threat',
    when: 'an unknown class',
    send: suspecting({ transitions: [['repaid', 'late']] }),
    detail: '/threat/transitions/0/1: the model has no such class',
  },
  {
    code: 'invalid_threat',
    when: 'a column of ready-made features',
    send: suspecting({ rows: { column: '0', below: 2 } }, { model: 'vectors', instances: [[1, 2]] }),
    detail: '/threat/rows/column: the model has ready-made features and no columns; list rows in indices',
  },
  {
    code: 'invalid_request',
    when: 'bounds without a bound',
    send: suspecting({ rows: { and: [{ column: 'amount' }] } }),
    detail: /^body \/threat\/rows\/and\/0: expected in, notIn, or at least one of below/,
  },
  {
    code: 'invalid_request',
    when: 'a change of a class to itself',
    send: suspecting({ transitions: [['repaid', 'repaid']] }),
    detail: 'body /threat/transitions: expected pairs of two different classes, [from, to]',
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
  {
    code: 'not_acceptable',
    when: 'an evaluation as a page',
    send: (s) => evaluate({})(s).set('accept', 'text/html'),
    detail: 'Expected Accept to allow one of application/json, image/svg+xml, text/event-stream',
  },
  {
    code: 'row_length',
    when: 'an evaluation with a label too many',
    send: evaluate({ labels: ['repaid', 'repaid'] }),
    detail: 'labels: expected 1, one an instance, got 2',
  },
  {
    code: 'unknown_label',
    when: 'an evaluation with a label that is no class',
    send: evaluate({ labels: ['late'] }),
    detail: 'labels: entry 0: expected one of the 2 classes of the model, got another text',
  },
  {
    code: 'invalid_instances',
    when: 'an evaluation with one instance that does not fit, as a stream of events',
    send: (s) =>
      evaluate({ instances: [application(0), {}], labels: ['repaid', 'repaid'] })(s).set(
        'accept',
        'text/event-stream',
      ),
    detail: '1 of the 2 instances do not fit the model, so nothing was evaluated',
  },
  {
    code: 'invalid_settings',
    when: 'an evaluation with too much noise in one entry',
    send: evaluate({ compare: [{}, { method: 'smoothed', noise: { q: 0.7 } }] }),
    detail: /noise.q/,
  },
  {
    code: 'invalid_settings',
    when: 'an evaluation with a lambda that overflows',
    send: evaluate({ compare: [{ lambda: { relative: 1e308 } }] }),
    detail: 'lambda: too large for these features, it overflows',
  },
  {
    code: 'no_features',
    when: 'an evaluation with a relative lambda of constant features',
    send: async (service) => {
      const constant = [
        [1, 2],
        [1, 2],
      ];
      await vectors({ features: constant, settings: { lambda: { absolute: 1 } } })(service).expect(201);
      return service.post('/evaluate').send({
        model: 'vectors',
        instances: [[1, 2]],
        labels: ['a'],
        compare: [{ lambda: { relative: 1 } }],
      });
    },
    detail: 'the features are constant, so a relative lambda is 0; give an absolute one',
  },
  {
    code: 'invalid_request',
    when: 'an evaluation of nothing',
    send: evaluate({ compare: [] }),
    detail: /compare/,
  },
  {
    code: 'invalid_request',
    when: 'an evaluation of the exact certificate with noise',
    send: evaluate({ noise: { q: 0.1 } }),
    detail: 'body /noise: needs method smoothed or monte-carlo',
  },
  {
    code: 'invalid_request',
    when: 'an evaluation with noise for an exact entry',
    send: evaluate({ method: 'smoothed', compare: [{}, { method: 'exact', noise: { q: 0.1 } }] }),
    detail: 'body /compare/1/noise: needs method smoothed or monte-carlo',
  },
  {
    code: 'invalid_request',
    when: 'two evaluations of one name',
    send: evaluate({ compare: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }),
    detail: 'body /compare/2/name: another evaluation has this name',
  },
  {
    code: 'invalid_request',
    when: 'an evaluation whose name cannot be written',
    send: evaluate({ compare: [{ name: 'a\u0000' }] }),
    detail: 'body /compare/0/name: expected 1 to 100 printable characters',
  },
];
