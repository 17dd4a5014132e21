import type { Test } from 'supertest';
import { describe, expect, it } from 'vitest';
import { SCOPES, type Scope } from '../../src/caller.ts';
import { application, LOANS, loansCsv, REGISTRATION } from '../support/models/loans.ts';
import { bearer, keyOf, looseKey } from '../support/process/keys.ts';
import { document } from '../support/process/openapi.ts';
import { type Service, startService } from '../support/process/service.ts';
import { type Issuer, startIssuer } from '../support/process/tokens.ts';

const MODEL = 'loans';
const DOOMED = 'doomed';
const RIGHT = [MODEL, DOOMED];
const WRONG = ['other', 'Loans', 'loans2'];

interface Operation {
  readonly scope: Scope | 'open';
  /** What it answers those that may. */
  readonly status: number;
  /** It names a model. */
  readonly names?: true;
  /** It speaks of all models. */
  readonly all?: true;
  /** It takes this version of a model away. */
  readonly deletes?: true;
  readonly send: (service: Service, version: number) => Test;
}

/** Makes sure that there is a model to be deleted. Returns its version. */
async function doomed(service: Service): Promise<number> {
  const { model } = await service.app.models.register({
    name: DOOMED,
    settings: service.app.models.get(MODEL).settings,
    dataset: {
      data: { kind: 'vectors', rows: 3, width: 1, values: Float32Array.of(1, 2, 4) },
      ...{ labels: { classes: ['a', 'b'], codes: Int32Array.of(0, 1, 1) }, target: null, ignored: [] },
      ...{ declared: { columnTypes: [], classes: false }, warnings: [] },
    },
  });
  return model.version;
}

const instances = [application(0)];
const votes = { noise: { kind: 'gaussian', sigma: 0.5 }, votes: { top: 990, total: 1000 } };
const UNKNOWN = '0'.repeat(16);

/** Every operation of openapi.yaml; those that take more than one kind of body are there more than once. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  livez: { scope: 'open', status: 200, send: (service) => service.get('/livez') },
  readyz: { scope: 'open', status: 200, send: (service) => service.get('/readyz') },
  openapiJson: { scope: 'open', status: 200, send: (service) => service.get('/openapi.json') },
  openapi30Json: { scope: 'open', status: 200, send: (service) => service.get('/openapi-3.0.json') },
  openapiYaml: { scope: 'open', status: 200, send: (service) => service.get('/openapi.yaml') },
  registerModel: {
    ...{ scope: 'register', status: 200, names: true },
    send: (service) => service.post('/models').send(REGISTRATION),
  },
  'registerModel, as a form': {
    ...{ scope: 'register', status: 201, names: true },
    send: (service) =>
      service
        .post('/models')
        .field('model', JSON.stringify({ name: MODEL, target: 'outcome' }))
        .attach('data', Buffer.from(loansCsv([...LOANS, LOANS[formsSent++ % 100]!])), { filename: 'x.csv' }),
  },
  metrics: { ...{ scope: 'read', status: 200, all: true }, send: (service) => service.get('/metrics') },
  listModels: { scope: 'read', status: 200, send: (service) => service.get('/models') },
  listVersions: {
    ...{ scope: 'read', status: 200, names: true },
    send: (service) => service.get(`/models/${MODEL}`),
  },
  getVersion: {
    ...{ scope: 'read', status: 200, names: true },
    send: (service) => service.get(`/models/${MODEL}/versions/1`),
  },
  deleteModel: {
    ...{ scope: 'register', status: 204, names: true, deletes: true },
    send: (service) => service.delete(`/models/${DOOMED}`),
  },
  deleteVersion: {
    ...{ scope: 'register', status: 204, names: true, deletes: true },
    send: (service, version) => service.delete(`/models/${DOOMED}/versions/${version}`),
  },
  certify: {
    ...{ scope: 'certify', status: 200, names: true },
    send: (service) => service.post('/certify').send({ model: MODEL, instances }),
  },
  evaluate: {
    ...{ scope: 'evaluate', status: 200, names: true },
    send: (service) => service.post('/evaluate').send({ model: MODEL, instances, labels: ['repaid'] }),
  },
  votes: { scope: 'certify', status: 200, send: (service) => service.post('/votes').send(votes) },
  createKey: {
    ...{ scope: 'admin', status: 201 },
    send: (service) => service.post('/keys').send({ name: 'x', scopes: ['read'] }),
  },
  listKeys: { scope: 'admin', status: 200, send: (service) => service.get('/keys') },
  revokeKey: { scope: 'admin', status: 404, send: (service) => service.delete(`/keys/${UNKNOWN}`) },
};
/** So that each form is a new version. */
let formsSent = 0;

interface Credentials {
  readonly headers: Record<string, string>;
  /** None: they are not valid at all. */
  readonly scopes?: readonly Scope[];
  /** Models to which they are limited; absent: all. */
  readonly models?: readonly string[];
}

/** Every way to come with the right or the wrong credentials. */
async function credentials(service: Service, issuer: Issuer): Promise<Record<string, Credentials>> {
  const good = await keyOf(service);
  const past = new Date(Date.now() - 1).toISOString();
  const revoked = await service.app.keys.create({ name: 'x', scopes: SCOPES, models: null, expiresAt: null });
  await service.app.keys.revoke(revoked.info.id);
  const scope = SCOPES.join(' ');
  const hour = Math.floor(Date.now() / 1000) - 3600;
  const limited = SCOPES.filter((one) => one !== 'admin');
  const all: Record<string, Credentials> = {
    nothing: { headers: {} },
    'no scheme': { headers: { authorization: good } },
    'another scheme': { headers: { authorization: `Basic ${btoa(`key:${good}`)}` } },
    'another header': { headers: { 'x-api-key': good } },
    'an empty token': { headers: { authorization: 'Bearer ' } },
    'two tokens': { headers: { authorization: `Bearer ${good} ${good}` } },
    'a key that is none': { headers: bearer('surety_nonsense') },
    'an unknown key': { headers: bearer(looseKey().key) },
    'a key with the end of another': { headers: bearer(good.slice(0, 24) + looseKey().key.slice(24)) },
    'an expired key': { headers: bearer(await keyOf(service, { expiresAt: past })) },
    'a revoked key': { headers: bearer(revoked.key) },
    'a token that is none': { headers: bearer('a.b.c') },
    'an expired token': { headers: bearer(await issuer.token({ scope, exp: hour })) },
    'a token of another issuer': { headers: bearer(await issuer.token({ scope, iss: 'x' })) },
    'a token for somebody else': { headers: bearer(await issuer.token({ scope, aud: 'x' })) },
    'a token signed by another': { headers: bearer(await (await startIssuer()).token({ scope })) },
    'an unsigned token': { headers: bearer(issuer.unsigned({ scope })) },
    'a token signed with the public key': { headers: bearer(await issuer.signedWithPublicKey({ scope })) },
    'a key for everything': { headers: bearer(good), scopes: SCOPES },
    'a token for everything': { headers: bearer(await issuer.token({ scope })), scopes: SCOPES },
    'a token for nothing': { headers: bearer(await issuer.token({ scope: '' })), scopes: [] },
  };
  for (const one of SCOPES) {
    const key = await keyOf(service, { scopes: [one] });
    all[`a key with ${one}`] = { headers: bearer(key), scopes: [one] };
    const token = await issuer.token({ scope: one, sub: one });
    all[`a token with ${one}`] = { headers: bearer(token), scopes: [one] };
  }
  for (const [which, models] of Object.entries({ right: RIGHT, wrong: WRONG })) {
    const key = await keyOf(service, { scopes: limited, models });
    all[`a key for the ${which} models`] = { headers: bearer(key), scopes: limited, models };
    const token = await issuer.token({ scope, surety_models: models }); // admin is of no use in it
    all[`a token for the ${which} models`] = { headers: bearer(token), scopes: limited, models };
  }
  return all;
}

function expected({ scope, status, names, all }: Operation, { scopes, models }: Credentials): number {
  if (scope === 'open') return status;
  if (scopes === undefined) return 401;
  const may = (name: string) => models?.includes(name) ?? true;
  const refused = !scopes.includes(scope) || (names && !RIGHT.every(may)) || (all && models !== undefined);
  return refused ? 403 : status;
}

describe('access control', () => {
  it('lets in to each operation who may, and nobody else', { timeout: 120_000 }, async () => {
    const issuer = await startIssuer();
    const service = await startService({ config: { auth: true, tokens: issuer.settings } });
    const everything = await keyOf(service);
    await service.post('/models').set(bearer(everything)).send(REGISTRATION).expect(201);
    const counts = new Map<number, number>();
    const wrong: string[] = [];
    for (const [as, one] of Object.entries(await credentials(service, issuer))) {
      for (const [name, operation] of Object.entries(OPERATIONS)) {
        const version = operation.deletes ? await doomed(service) : 0;
        const { status, body, headers } = await operation.send(service, version).set(one.headers);
        const should = expected(operation, one);
        if (status !== should) wrong.push(`${name} with ${as}: expected ${should}, got ${status}`);
        counts.set(status, (counts.get(status) ?? 0) + 1);
        if (status === 401 || status === 403) {
          expect(body.code).toBe(status === 401 ? 'unauthenticated' : 'forbidden');
          expect(headers['www-authenticate']).toMatch(/^Bearer realm="surety"/);
        }
      }
    }
    const combinations = [...counts.values()].reduce((sum, count) => sum + count);
    const byStatus = JSON.stringify(Object.fromEntries([...counts].sort(([a], [b]) => a - b)));
    process.stdout.write(`access matrix: ${combinations} combinations, by status ${byStatus}\n`);
    expect(wrong).toEqual([]);
  });

  it('is tried with every operation of openapi.yaml, which says the same of each', () => {
    const documented = Object.values(document.paths).flatMap((operations) => Object.values(operations));
    const named = documented.map(({ operationId }) => operationId).sort();
    const tried = new Set(Object.keys(OPERATIONS).map((name) => name.split(',')[0]!));
    expect([...tried].sort()).toEqual(named);
    for (const { operationId, security, description = '', responses } of documented) {
      const { scope } = OPERATIONS[operationId]!;
      const open = scope === 'open';
      expect(security, operationId).toEqual(open ? [] : [{ bearer: [scope] }]);
      expect(/Needs the scope `(\w+)`/.exec(description)?.[1], operationId).toBe(open ? undefined : scope);
      const refusals = Object.keys(responses).filter((status) => ['401', '403'].includes(status));
      expect(refusals, operationId).toEqual(open ? [] : ['401', '403']);
    }
  });
});
