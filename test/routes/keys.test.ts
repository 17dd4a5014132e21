import { describe, expect, it } from 'vitest';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { bearer, keyOf } from '../support/process/keys.ts';
import { type Service, startService } from '../support/process/service.ts';

/** A service with access control, and the headers of a caller that may make keys. */
async function start(): Promise<{ service: Service; admin: Record<string, string> }> {
  const service = await startService({ config: { auth: true } });
  return { service, admin: bearer(await keyOf(service, { scopes: ['admin'] })) };
}

const FIELDS = { name: 'loan desk', scopes: ['certify', 'read'] };

describe('POST /keys', () => {
  it('makes a key that works at once, as far as it goes', async () => {
    const { service, admin } = await start();
    await service
      .post('/models')
      .set(bearer(await keyOf(service)))
      .send(REGISTRATION)
      .expect(201);
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    const asked = { ...FIELDS, models: ['loans'], expiresAt };
    const { body, headers } = await service.post('/keys').set(admin).send(asked).expect(201);
    expect(body).toEqual({
      ...{ ...asked, id: expect.stringMatching(/^[0-9a-f]{16}$/), createdAt: expect.any(String) },
      ...{ revokedAt: null, key: expect.stringContaining(`surety_${body.id}_`) },
    });
    expect(headers['cache-control']).toBe('no-store');
    const key = bearer(body.key);
    const instances = [application(0)];
    await service.post('/certify').set(key).send({ model: 'loans', instances }).expect(200);
    await service.post('/certify').set(key).send({ model: 'cards', instances }).expect(403);
    await service.get('/keys').set(key).expect(403);
  });

  it.each([
    ['no name', { name: undefined }, '/name'],
    ['an empty name', { name: '' }, '/name'],
    ['a name that would write to a terminal', { name: 'x\u001b[2J' }, '/name'],
    ['no scopes', { scopes: undefined }, '/scopes'],
    ['an empty list of scopes', { scopes: [] }, '/scopes'],
    ['a scope that there is not', { scopes: ['certify', 'root'] }, '/scopes/1'],
    ['a scope twice', { scopes: ['certify', 'certify'] }, '/scopes'],
    ['an empty limit', { models: [] }, '/models'],
    ['a model with a space in its name', { models: ['loans cards'] }, '/models/0'],
    ['a limit for an administrator', { scopes: ['admin'], models: ['loans'] }, '/models'],
    ['an expiry that is past', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt'],
    ['an expiry that is no time', { expiresAt: 'tomorrow' }, '/expiresAt'],
    ['an unknown member', { scope: 'certify' }, ''],
  ])('refuses %s', async (_what, change, path) => {
    const { service, admin } = await start();
    const { body } = await service
      .post('/keys')
      .set(admin)
      .send({ ...FIELDS, ...change })
      .expect(400);
    expect(body.errors.map((misfit: { path: string }) => misfit.path)).toEqual([path]);
    expect((await service.get('/keys').set(admin)).body.keys).toHaveLength(1);
  });
});

describe('GET /keys', () => {
  it('shows every key without its secret, by the time of creation', async () => {
    const { service, admin } = await start();
    const { body: made } = await service.post('/keys').set(admin).send(FIELDS).expect(201);
    const { body, text } = await service.get('/keys').set(admin).expect(200);
    const { key, ...shown } = made;
    expect(body.keys).toEqual([expect.objectContaining({ name: 'test', scopes: ['admin'] }), shown]);
    expect(text).not.toContain(key.slice(24));
    expect(text).not.toContain('sha256');
  });
});

describe('DELETE /keys/{id}', () => {
  it('ends a key at once, and for ever', async () => {
    const { service, admin } = await start();
    const { body: made } = await service.post('/keys').set(admin).send(FIELDS).expect(201);
    await service.get('/models').set(bearer(made.key)).expect(200);
    await service.delete(`/keys/${made.id}`).set(admin).expect(204);
    await service.get('/models').set(bearer(made.key)).expect(401);
    await service.delete(`/keys/${made.id}`).set(admin).expect(204);
    const { body } = await service.get('/keys').set(admin).expect(200);
    expect(body.keys[1]).toMatchObject({ id: made.id, revokedAt: expect.any(String) });
  });

  it('lets an administrator end even the last key', async () => {
    const { service, admin } = await start();
    const { body } = await service.get('/keys').set(admin).expect(200);
    await service.delete(`/keys/${body.keys[0].id}`).set(admin).expect(204);
    await service.get('/keys').set(admin).expect(401);
  });

  it('knows no key by another id', async () => {
    const { service, admin } = await start();
    for (const id of ['0'.repeat(16), 'x', '__proto__']) {
      const { body } = await service.delete(`/keys/${id}`).set(admin).expect(404);
      expect([body.code, body.detail]).toEqual(['key_not_found', 'there is no key with this id']);
    }
  });
});

describe('the log', () => {
  it('says which key was made or revoked, and by whom', async () => {
    const lines: string[] = [];
    const service = await startService({
      config: { auth: true },
      log: { write: (line) => lines.push(line) },
    });
    const admin = bearer(await keyOf(service, { scopes: ['admin'] }));
    const { body } = await service.post('/keys').set(admin).send(FIELDS).expect(201);
    await service.delete(`/keys/${body.id}`).set(admin).expect(204);
    const said = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    const caller = expect.stringMatching(/^key:/);
    expect(said).toMatchObject([
      { method: 'POST', status: 201, caller, key: body.id },
      { method: 'DELETE', status: 204, caller, key: body.id },
    ]);
  });
});

describe('store_failed', () => {
  it('is answered when the store does not take a change of keys, or cannot be read', async () => {
    const { service, admin } = await start();
    const { body: made } = await service.post('/keys').set(admin).send(FIELDS).expect(201);
    await service.closeStore();
    const answers = [
      await service.post('/keys').set(admin).send(FIELDS).expect(503),
      await service.delete(`/keys/${made.id}`).set(admin).expect(503),
      await service.get('/keys').set(admin).expect(503),
    ];
    for (const { body, headers } of answers)
      expect([body.code, headers['retry-after']]).toEqual(['store_failed', '1']);
    await service.get('/models').set(bearer(made.key)).expect(200); // keys in memory go on
  });
});
