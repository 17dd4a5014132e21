// Every operation of openapi.yaml through what @hey-api/openapi-ts generates from it.
import assert from 'node:assert/strict';
import { formDataBodySerializer } from './generated/hey-api/client/index.ts';
import { client } from './generated/hey-api/client.gen.ts';
import * as api from './generated/hey-api/index.ts';

const [baseUrl, key] = process.argv.slice(2) as [string, string];
client.setConfig({ baseUrl, auth: key });

assert.equal((await api.livez()).data?.status, 'alive');
assert.equal((await api.readyz()).data?.status, 'ready');
assert.ok((await api.openapiJson()).data?.openapi);
assert.equal((await api.openapi30Json()).data?.openapi, '3.0.3');
assert.match((await api.openapiYaml({ parseAs: 'text' })).data ?? '', /^openapi:/);
assert.match((await api.metrics({ parseAs: 'text' })).data ?? '', /^# HELP/);

const rows = Array.from({ length: 40 }, (_, k) => [k, k % 3, k % 20 < 10 ? 'bad' : 'good']);
const registered = await api.registerModel({
  body: {
    name: 'table',
    target: 'outcome',
    columns: ['a', 'b', 'outcome'],
    rows,
    settings: { lambda: { absolute: 3 }, partitions: { count: 2, threat: 'labels' } },
  },
});
assert.equal(registered.data?.version, 1, JSON.stringify(registered.error));
// Of the two kinds of bodies the generated function takes the first only; the client under it takes both.
const csv = `a,b,outcome\n${rows.map((row) => row.join(',')).join('\n')}\n`;
const form: api.RegisterModelForm = {
  model: JSON.stringify({ name: 'form', target: 'outcome' }),
  data: new File([csv], 'rows.csv', { type: 'text/csv' }),
};
const uploaded = await client.post<api.RegisterModelResponses, api.RegisterModelErrors>({
  ...formDataBodySerializer,
  url: '/models',
  headers: { 'Content-Type': null },
  security: [{ scheme: 'bearer', type: 'http' }],
  body: form,
});
assert.equal(uploaded.data?.rows, 40, JSON.stringify(uploaded.error));
assert.equal((await api.listModels()).data?.models.length, 2);

assert.equal((await api.listVersions({ path: { name: 'table' } })).data?.versions.length, 1);
const version = { path: { name: 'table', version: 1 } };
assert.equal((await api.getVersion(version)).data?.features, 2);

const instances = [
  { a: 3, b: 1 },
  { a: 'text', b: 1 },
];
const certified = await api.certify({ body: { model: 'table', instances } });
const [first, second] = certified.data!.results;
assert.ok(first?.status === 'certified' && first.certificate?.method === 'exact');
assert.equal(first.certificate.breaksWith, first.certificate.flips + 1);
assert.ok(second?.status === 'refused' && second.error.code === 'wrong_type');
const voted = await api.certify({ body: { model: 'table', instances, method: 'partition' } });
const [vote] = voted.data!.results;
assert.ok(vote?.status === 'certified' && vote.certificate?.method === 'partition');
assert.ok(vote.certificate.threat === 'labels' && vote.certificate.whiteBoxFlips >= 0);
const low: api.Condition = { or: [{ and: [{ column: 'a', below: 9 }] }, { indices: [39] }] };
const narrowed = await api.certify({ body: { model: 'table', instances, threat: { rows: low } } });
assert.equal(narrowed.data?.threat?.rows, 10);
const missing = await api.certify({ body: { model: 'nobody', instances } });
assert.equal(missing.error?.code, 'model_not_found');

const test = { model: 'table', instances: [{ a: 3, b: 1 }], labels: ['bad'] };
const evaluated = await api.evaluate({
  body: { ...test, compare: [{}, { method: 'smoothed', noise: { q: 0.1 } }] },
});
assert.ok(typeof evaluated.data === 'object' && evaluated.data.evaluations.length === 2);

const { data: radius } = await api.votes({
  body: { noise: { kind: 'gaussian', sigma: 0.5 }, votes: { top: 990, total: 1000 } },
});
assert.ok(radius?.kind === 'gaussian' && radius.radius !== null);

const made = await api.createKey({ body: { name: 'x', scopes: ['read'] } });
assert.match(made.data?.key ?? '', /^surety_/);
assert.equal((await api.listKeys()).data?.keys.length, 2);
const revoked = await api.revokeKey({ path: { id: made.data!.id } });
assert.equal(revoked.response?.status, 204);

assert.equal((await api.deleteVersion(version)).response?.status, 204);
assert.equal((await api.deleteModel({ path: { name: 'form' } })).response?.status, 204);
