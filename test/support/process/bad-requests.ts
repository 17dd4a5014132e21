import { bearer, looseKey } from './keys.ts';
import { type CallOptions, uploadForm } from './process.ts';

/** Values of applicants that must never be seen again: not in a log line, not in the body of an error. */
export const MARKERS = {
  level: 'zanzibar-level',
  label: 'zanzibar-label',
  number: 739146752,
  all: ['zanzibar', '739146752', '7.39146752', '7391467'],
} as const;

/** The limits that the requests below break. */
export const LIMITS = {
  SURETY_MAX_BODY_BYTES: '20000',
  SURETY_MAX_ROWS: '50',
  SURETY_MAX_FEATURES: '20',
  SURETY_MAX_CELLS: '300',
  SURETY_MAX_INSTANCES: '10',
  SURETY_MAX_WORK: '10000000',
};

export interface BadRequest {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly send: CallOptions;
  readonly status: number;
  readonly code: string;
}

const { level, label, number } = MARKERS;
const COLUMNS = ['amount', 'purpose', 'outcome'];
const GOOD_ROWS: readonly (readonly (number | string | null)[])[] = [
  [number, level, label],
  [1, 'car', 'repaid'],
  [2, 'car', 'repaid'],
  [3, level, label],
];
const GOOD_CSV = [COLUMNS, ...GOOD_ROWS].map((row) => row.join(',')).join('\n');

/** A model whose training rows hold every marker. */
export const MARKED_MODEL = { name: 'marked', target: 'outcome', columns: COLUMNS, rows: GOOD_ROWS };
/** One whose scores are not linear in the features. */
export const MARKED_SIGNS = { ...MARKED_MODEL, name: 'signs', settings: { weights: 'sign' } };
/** The same rows in every other way that a registration can be sent. */
export const MARKED_UPLOADS = [
  uploadForm({ name: 'csv', target: 'outcome' }, GOOD_CSV),
  uploadForm(
    { name: 'ndjson', target: 'outcome' },
    GOOD_ROWS.map(([amount, purpose, outcome]) => JSON.stringify({ amount, purpose, outcome })).join('\n'),
    'rows.ndjson',
  ),
  uploadForm(
    { name: 'parts', target: 'outcome', settings: { partitions: { count: 2, threat: 'labels' } } },
    GOOD_CSV,
  ),
];
export const MARKED_INSTANCE = { amount: number, purpose: level };

const json = (body: unknown): CallOptions => raw(JSON.stringify(body));
const raw = (body: string, type = 'application/json'): CallOptions => ({
  headers: { 'content-type': type },
  body,
});
const registration = (changes: object): CallOptions => json({ ...MARKED_MODEL, name: 'bad', ...changes });
const firstRow = (...row: unknown[]): CallOptions => registration({ rows: [row, ...GOOD_ROWS] });
const certify = (...instances: unknown[]): CallOptions => json({ model: 'marked', instances });
const suspecting = (threat: unknown): CallOptions =>
  json({ model: 'marked', instances: [MARKED_INSTANCE], threat });
const evaluate = (change: object): CallOptions =>
  json({ model: 'marked', instances: [MARKED_INSTANCE], labels: [label], ...change });
const upload = (data: string, filename = 'rows.csv'): CallOptions =>
  uploadForm({ name: 'bad', target: 'outcome' }, data, filename);
const replaced = (
  { headers, body }: ReturnType<typeof uploadForm>,
  from: string,
  to: string,
): CallOptions => ({
  ...(headers && { headers }),
  body: body.toString().replace(from, to),
});
const form = uploadForm({ name: 'bad', target: 'outcome' }, GOOD_CSV);
const many = (count: number) => Array.from({ length: count }, (_, i) => GOOD_ROWS[i % GOOD_ROWS.length]!);

/** What is in the store: a key for everything, which a request shows that shows no other, and one for another model. */
export const KEYS = {
  everything: looseKey(),
  limited: looseKey({ scopes: ['certify'], models: ['other'] }),
};
const as = (token: string, { headers, ...send }: CallOptions): CallOptions => ({
  ...send,
  headers: { ...headers, ...bearer(token) },
});

/** Requests full of markers, each wrong in one way: at least one for each 4xx code. */
export const BAD_REQUESTS: readonly BadRequest[] = [
  ...at('/certify', 400, 'malformed_http', {
    'a length and chunks': { headers: { 'transfer-encoding': 'chunked', 'content-length': 9 }, body: level },
  }),
  ...at('/certify', 431, 'headers_too_large', {
    'a large header': { headers: { 'x-purpose': level.repeat(2000) } },
  }),
  ...at('/models', 400, 'malformed_json', {
    'a string without its end': raw(`{"name": "bad", "rows": [["${level}`),
    'a word in the wrong place': raw(`{"rows": [[${number}, ${level}]]}`),
    'nothing but a value': raw(level),
    'a forbidden key': raw(`{"__proto__": {"purpose": "${level}"}}`),
    'part model of a form': replaced(form, '{"name"', `{"${label}" ${level}`),
  }),
  ...at('/models', 400, 'malformed_multipart', {
    'a form without boundary': raw(form.body.toString(), 'multipart/form-data'),
    'a form cut off': { ...form, body: form.body.subarray(0, form.body.length - 40) },
    'data before model': replaced(form, 'name="model"', `name="${level}"`),
    'another part': replaced(form, 'name="data"', `name="${level}"`),
  }),
  ...at('/models', 400, 'invalid_request', {
    'rows that are text': registration({ rows: level }),
    'a value for settings': registration({ settings: { lambda: number } }),
    'a value for a name': registration({ name: `${level} ${number}` }),
    'a value for a column type': registration({ columnTypes: { purpose: level } }),
    'classes listed twice': registration({ classes: [label, label] }),
    'part model of a form': uploadForm({ name: level, target: number }, GOOD_CSV),
  }),
  ...at('/certify', 400, 'invalid_request', {
    'an instance for the instances': json({ model: 'marked', instances: MARKED_INSTANCE }),
    'a value for a method': json({ model: 'marked', instances: [MARKED_INSTANCE], method: level }),
    'a value for noise': json({ model: 'marked', instances: [MARKED_INSTANCE], noise: { q: number } }),
  }),
  ...at('/certify', 401, 'unauthenticated', {
    'a key that is a value': as(level, certify(MARKED_INSTANCE)),
    'a key with a value in it': as(`surety_${level}`, certify(MARKED_INSTANCE)),
  }),
  ...at('/certify', 403, 'forbidden', {
    'a model of others': as(KEYS.limited.key, certify(MARKED_INSTANCE)),
    'a model whose name is a value': as(KEYS.limited.key, json({ model: level, instances: [number] })),
  }),
  ...at(`/keys/${level}`, 404, 'key_not_found', { 'a value for an id': {} }, 'DELETE'),
  ...at('/certify', 403, 'foreign_origin', {
    'a value in an origin': {
      headers: { origin: `https://${level}.example`, 'sec-fetch-site': 'cross-site' },
    },
  }),
  ...at(`/${level}/${number}?purpose=${level}`, 404, 'not_found', { 'a value in the address': {} }, 'GET'),
  ...at(`/${level}%ff`, 404, 'not_found', { 'a value in an address that is not a URL': {} }, 'GET'),
  ...at('/certify', 404, 'model_not_found', {
    'an unknown model': json({ model: 'nobody', instances: [MARKED_INSTANCE] }),
  }),
  ...at('/certify', 404, 'version_not_found', {
    'an unknown version': json({ model: 'marked', version: 9, instances: [MARKED_INSTANCE] }),
  }),
  ...at('/models', 413, 'body_too_large', {
    'a large body': registration({ rows: [[number, level.repeat(2000), label]] }),
    'a large upload': upload(`${GOOD_CSV}\n${`${number},${level},${label}\n`.repeat(1000)}`),
  }),
  ...at('/certify', 415, 'unsupported_media_type', {
    'plain text': raw(`${number} ${level}`, 'text/plain'),
    'a type that is a value': raw(`${number} ${level}`, `application/${level}`),
  }),
  ...at('/models', 415, 'unsupported_data_format', {
    'a file of another format': upload(GOOD_CSV, `${level}.${label}`),
  }),
  ...at('/models', 422, 'invalid_csv', {
    'a quote without its end': upload(`${GOOD_CSV}\n1,"${level},${label}`),
    'a quote within a value': upload(`${GOOD_CSV}\n1,${level}"${level},${label}`),
    'text after a quote': upload(`${GOOD_CSV}\n1,"${level}"${level},${label}`),
  }),
  ...at('/models', 422, 'invalid_ndjson', {
    'a line that is not JSON': upload(`{"purpose": "${level}", ${label}}`, 'rows.ndjson'),
  }),
  ...at('/models', 422, 'invalid_parquet', {
    'text that is no Parquet': upload(`PAR1${level}${label}PAR1`, 'rows.parquet'),
  }),
  ...at('/models', 422, 'invalid_encoding', {
    'text in Latin-1': {
      ...form,
      body: Buffer.from(form.body.toString().replace(level, `${level}\u00e9`), 'latin1'),
    },
  }),
  ...at('/models', 422, 'no_rows', { 'a header alone': upload(COLUMNS.join(',')) }),
  ...at('/models', 422, 'row_length', {
    'a row too long': firstRow(number, level, label, level),
    'a line too short': upload(`${GOOD_CSV}\n${level}`),
  }),
  ...at('/models', 422, 'duplicate_column', {
    'a column named twice': registration({ columns: ['amount', 'amount', 'outcome'] }),
  }),
  ...at('/models', 422, 'unknown_column', {
    'a target that is no column': registration({ target: 'result' }),
    'a record with another column': json({
      name: 'bad',
      target: 'outcome',
      records: [
        { purpose: level, outcome: label },
        { purpose: level, outcome: label, colour: level },
      ],
    }),
  }),
  ...at('/models', 422, 'missing_column', {
    'a record without a column': json({
      name: 'bad',
      target: 'outcome',
      records: [{ amount: number, purpose: level, outcome: label }, { outcome: label }],
    }),
  }),
  ...at('/models', 422, 'invalid_name', {
    'a column without name': registration({ columns: ['amount', '', 'outcome'] }),
    'a label too long for a name': firstRow(number, level, label.repeat(20)),
  }),
  ...at('/models', 422, 'wrong_type', {
    'text after numbers': firstRow(level, level, label),
    'an object for a value': firstRow(number, { [level]: level }, label),
    'a list for a label': firstRow(number, level, [label]),
    'text in a number column': registration({
      columnTypes: { amount: 'number' },
      rows: [[level, level, label], ...GOOD_ROWS],
    }),
    'text in a number column of a file': uploadForm(
      { name: 'bad', target: 'outcome', columnTypes: { purpose: 'number' } },
      GOOD_CSV,
    ),
    'text in a boolean column of a file': uploadForm(
      { name: 'bad', target: 'outcome', columnTypes: { purpose: 'boolean' } },
      GOOD_CSV,
    ),
    'text in a feature vector': json({
      name: 'bad',
      features: [[number], [level]],
      labels: [label, 'other'],
    }),
  }),
  ...at('/models', 422, 'not_finite', {
    'a number beyond doubles': raw(JSON.stringify(MARKED_MODEL).replace(String(number), `${number}e400`)),
    'a number beyond doubles in a file': upload(GOOD_CSV.replace(String(number), `${number}e400`)),
  }),
  ...at('/models', 422, 'missing_label', {
    'a row without label': firstRow(number, level, null),
    'a line without label': upload(`${GOOD_CSV}\n${number},${level},`),
  }),
  ...at('/models', 422, 'unknown_label', {
    'a label not listed': registration({ classes: ['repaid', 'late'] }),
  }),
  ...at('/models', 422, 'one_class', {
    'one label throughout': registration({
      rows: GOOD_ROWS.map(([amount, purpose]) => [amount, purpose, label]),
    }),
  }),
  ...at('/models', 422, 'class_without_rows', {
    'a class that nobody has': registration({ classes: ['repaid', label, 'never'] }),
  }),
  ...at('/models', 422, 'no_features', {
    'constant columns': registration({ rows: GOOD_ROWS.map(([, , outcome]) => [number, level, outcome]) }),
  }),
  ...at('/models', 422, 'invalid_settings', {
    'too much noise': registration({ settings: { noise: { q: 0.9 } } }),
    'a threshold for three classes': registration({
      rows: [[number, level, 'other'], ...GOOD_ROWS],
      settings: { rule: { kind: 'threshold', value: number } },
    }),
  }),
  ...at('/certify', 422, 'not_linear', {
    'reasons of signs': json({ model: 'signs', instances: [MARKED_INSTANCE], explain: { reasons: 1 } }),
  }),
  ...at('/models', 422, 'too_many_rows', { 'many rows': registration({ rows: many(51) }) }),
  ...at('/models', 422, 'too_many_features', {
    'many levels': registration({
      rows: many(40).map(([amount, , outcome], i) => [amount, `${level}-${i}`, outcome]),
    }),
  }),
  ...at('/models', 422, 'too_many_cells', {
    'many rows and levels': registration({
      rows: many(40).map(([amount, , outcome], i) => [amount, `${level}-${i % 15}`, outcome]),
    }),
  }),
  ...at('/certify', 400, 'invalid_request', {
    'a value for a threat': suspecting(number),
    'a value for a condition': suspecting({ rows: { and: [number] } }),
    'a value for a list': suspecting({ rows: { column: 'purpose', in: level } }),
    'text for a bound': suspecting({ rows: { column: 'amount', below: level } }),
    'a value for a change': suspecting({ transitions: [level] }),
  }),
  ...at('/certify', 422, 'invalid_threat', {
    'text for a number': suspecting({ rows: { column: 'amount', in: [level] } }),
    'a level that no row has': suspecting({ rows: { column: 'purpose', in: [`${level}s`] } }),
    'a class that no row has': suspecting({ transitions: [['repaid', `${label}s`]] }),
    'a row that is not there': suspecting({ rows: { indices: [number] } }),
    'a name that no threat has': suspecting(level),
  }),
  ...at('/certify', 422, 'too_many_instances', {
    'many instances': certify(...Array(11).fill(MARKED_INSTANCE)),
  }),
  ...at('/certify', 422, 'too_much_work', {
    'a million samples': json({
      ...{ model: 'marked', instances: [MARKED_INSTANCE] },
      ...{ method: 'monte-carlo', monteCarlo: { samples: 1_000_000 } },
    }),
  }),
  ...at('/certify', 422, 'invalid_instances', {
    'text for a number': certify({ ...MARKED_INSTANCE, amount: level }),
    'a number as text': certify({ ...MARKED_INSTANCE, amount: String(number) }),
    'an object for a level': certify({ ...MARKED_INSTANCE, purpose: { [level]: label } }),
    'no record': certify(level, [level, number], null, number),
    'a column missing': certify({ purpose: level }),
    'a column too many': certify({ ...MARKED_INSTANCE, colour: level }),
    'a number beyond doubles': raw(
      `{"model": "marked", "instances": [{"amount": ${number}e400, "purpose": "${level}"}]}`,
    ),
  }),
  ...at('/evaluate', 400, 'invalid_request', {
    'a value for a name': evaluate({ compare: [{ name: [level] }] }),
    'a value for a lambda': evaluate({ compare: [{ lambda: { relative: level } }] }),
    'labels that are text': evaluate({ labels: level }),
  }),
  ...at('/votes', 400, 'invalid_request', {
    'a value for a kind of noise': json({ noise: { kind: level, q: 0.1 }, votes: { top: 1, total: 1 } }),
    'values for counts': json({ noise: { kind: 'gaussian', sigma: 1 }, votes: { top: label, total: level } }),
  }),
  ...at('/evaluate', 406, 'not_acceptable', {
    'a type that is a value': {
      ...evaluate({}),
      headers: { 'content-type': 'application/json', accept: `text/${level}` },
    },
  }),
  ...at('/evaluate', 422, 'row_length', { 'a label too many': evaluate({ labels: [label, label] }) }),
  ...at('/evaluate', 422, 'unknown_label', { 'a label that is a level': evaluate({ labels: [level] }) }),
  ...at('/evaluate', 422, 'too_many_instances', {
    'many instances': evaluate({ instances: Array(101).fill(MARKED_INSTANCE) }),
  }),
  ...at('/evaluate', 422, 'invalid_instances', {
    'text for a number': evaluate({ instances: [{ ...MARKED_INSTANCE, amount: level }] }),
  }),
];

function at(
  path: string,
  status: number,
  code: string,
  cases: Readonly<Record<string, CallOptions>>,
  method = 'POST',
): BadRequest[] {
  return Object.entries(cases).map(([what, send]) => ({ what, method, path, send, status, code }));
}
