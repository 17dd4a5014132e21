// Every operation of openapi.yaml through openapi-fetch, typed by what openapi-typescript generates from it.
import assert from 'node:assert/strict';
import createClient from 'openapi-fetch';
import type { components, paths } from './generated/openapi-typescript.ts';

const [baseUrl, key] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl, headers: { authorization: `Bearer ${key}` } });

assert.equal((await client.GET('/livez')).data?.status, 'alive');
assert.equal((await client.GET('/readyz')).data?.status, 'ready');
assert.ok((await client.GET('/openapi.json')).data?.openapi);
assert.equal((await client.GET('/openapi-3.0.json')).data?.openapi, '3.0.3');
assert.match((await client.GET('/openapi.yaml', { parseAs: 'text' })).data ?? '', /^openapi:/);
assert.match((await client.GET('/metrics', { parseAs: 'text' })).data ?? '', /^# HELP/);

const rows = Array.from({ length: 40 }, (_, k) => [k, k % 3, k % 20 < 10 ? 'bad' : 'good']);
const registered = await client.POST('/models', {
  body: {
    name: 'table',
    target: 'outcome',
    columns: ['a', 'b', 'outcome'],
    rows,
    settings: { lambda: { absolute: 3 }, partitions: { count: 2, threat: 'labels' } },
  },
});
assert.equal(registered.data?.version, 1, JSON.stringify(registered.error));
const csv = `a,b,outcome\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const form = await client.POST('/models', {
  body: {
    model: JSON.stringify({ name: 'form', target: 'outcome' }),
    data: new File([csv], 'rows.csv', { type: 'text/csv' }),
  },
  bodySerializer: (parts) => {
    const data = new FormData();
    for (const [name, part] of Object.entries(parts))
      data.append(name, part instanceof File ? part : `${part}`);
    return data;
  },
});
assert.equal(form.data?.rows, 40, JSON.stringify(form.error));
assert.equal((await client.GET('/models')).data?.models.length, 2);

const of = { params: { path: { name: 'table' } } };
assert.equal((await client.GET('/models/{name}', of)).data?.versions.length, 1);
const version = { params: { path: { name: 'table', version: 1 } } };
assert.equal((await client.GET('/models/{name}/versions/{version}', version)).data?.features, 2);

const instances = [
  { a: 3, b: 1 },
  { a: 'text', b: 1 },
];
const certified = await client.POST('/certify', { body: { model: 'table', instances } });
const [first, second] = certified.data!.results;
assert.ok(first?.status === 'certified' && first.certificate?.method === 'exact');
assert.equal(first.certificate.breaksWith, first.certificate.flips + 1);
assert.ok(second?.status === 'refused' && second.error.code === 'wrong_type');
const voted = await client.POST('/certify', { body: { model: 'table', instances, method: 'partition' } });
const [vote] = voted.data!.results;
assert.ok(vote?.status === 'certified' && vote.certificate?.method === 'partition');
assert.ok(vote.certificate.threat === 'labels' && vote.certificate.whiteBoxFlips >= 0);
const low: components['schemas']['Condition'] = {
  or: [{ and: [{ column: 'a', below: 9 }] }, { indices: [39] }],
};
const narrowed = await client.POST('/certify', {
  body: { model: 'table', instances, threat: { rows: low } },
});
assert.equal(narrowed.data?.threat?.rows, 10);
const missing = await client.POST('/certify', { body: { model: 'nobody', instances } });
assert.equal(missing.error?.code, 'model_not_found');

const test = { model: 'table', instances: [{ a: 3, b: 1 }], labels: ['bad'] };
const evaluated = await client.POST('/evaluate', {
  body: { ...test, compare: [{}, { method: 'smoothed', noise: { q: 0.1 } }] },
});
assert.ok(typeof evaluated.data === 'object' && evaluated.data.evaluations.length === 2);
const figure = await client.POST('/evaluate', {
  body: test,
  headers: { accept: 'image/svg+xml' },
  parseAs: 'text',
});
assert.match(figure.data ?? '', /^<svg/);

const { data: radius } = await client.POST('/votes', {
  body: { noise: { kind: 'gaussian', sigma: 0.5 }, votes: { top: 990, total: 1000 } },
});
assert.ok(radius?.kind === 'gaussian' && radius.radius !== null);

const made = await client.POST('/keys', { body: { name: 'x', scopes: ['read'] } });
assert.match(made.data?.key ?? '', /^surety_/);
assert.equal((await client.GET('/keys')).data?.keys.length, 2);
const revoked = await client.DELETE('/keys/{id}', { params: { path: { id: made.data!.id } } });
assert.equal(revoked.response.status, 204);

assert.equal((await client.DELETE('/models/{name}/versions/{version}', version)).response.status, 204);
const other = { params: { path: { name: 'form' } } };
assert.equal((await client.DELETE('/models/{name}', other)).response.status, 204);
