import { describe, expect, it } from 'vitest';
import type { Scope } from '../../src/caller.ts';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { bearer, keyOf } from '../support/process/keys.ts';
import { type Service, startService } from '../support/process/service.ts';

const SUSPECT = { rows: { column: 'employment', in: ['salaried'] } };
const FEW = { rows: { indices: [3, 4, 5] } };
const threats = { 'suspect-branch': SUSPECT, few: FEW };
const instances = [application(0)];

async function withThreats() {
  const service = await startService({ config: { auth: true } });
  const all = await keyOf(service);
  const { body } = await service
    .post('/models')
    .set(bearer(all))
    .send({ ...REGISTRATION, threats })
    .expect(201);
  return { service, all, registered: body };
}

const keyFor = (service: Service, ...scopes: Scope[]) => keyOf(service, { scopes });

describe('what a caller may learn', () => {
  it('without scope explain is no cell of the training table by counting, no row and no label', async () => {
    const { service, all } = await withThreats();
    const certify = await keyFor(service, 'certify', 'evaluate');
    const attacks = [
      // Is this row's employment this level? The count of rows says so, for each row and column, one by one.
      { threat: { rows: { and: [{ column: 'employment', in: ['salaried'] }, { indices: [17] }] } } },
      { threat: { rows: { column: 'income', above: 1000 } } },
      { threat: { transitions: [['repaid', 'defaulted']] } },
      { threat: {} },
      { explain: { breakingSet: true } },
      { explain: { influentialRows: 1 } },
    ];
    for (const attack of attacks) {
      const request = { model: 'loans', instances, ...attack };
      const answer = await service.post('/certify').set(bearer(certify)).send(request).expect(403);
      const { body } = answer;
      expect(answer.headers['www-authenticate']).toContain('insufficient_scope", scope="certify explain"');
      expect(body.code).toBe('forbidden');
      expect(body.detail).toMatch(/ needs a key or token with the scope 'explain'$/);
      await service.post('/certify').set(bearer(all)).send(request).expect(200);
      // and before it is known whether there is such a model
      await service
        .post('/certify')
        .set(bearer(certify))
        .send({ ...request, model: 'x' })
        .expect(403);
    }
    const { threat } = attacks[0]!;
    const evaluation = { model: 'loans', instances, labels: ['repaid'], threat };
    await service.post('/evaluate').set(bearer(certify)).send(evaluation).expect(403);
    await service.post('/evaluate').set(bearer(all)).send(evaluation).expect(200);
    const explain = { radius: true, reasons: 2, invariantTo: ['employment'] };
    await service
      .post('/certify')
      .set(bearer(certify))
      .send({ model: 'loans', instances, explain })
      .expect(200);
  });

  it('is a certificate under a threat that was registered, by its name', async () => {
    const { service, all } = await withThreats();
    const certify = await keyFor(service, 'certify', 'evaluate');
    const ask = async (path: string, key: string, more: object) =>
      (
        await service
          .post(path)
          .set(bearer(key))
          .send({ model: 'loans', instances, ...more })
          .expect(200)
      ).body;
    const free = await ask('/certify', all, { threat: SUSPECT });
    expect(await ask('/certify', certify, { threat: 'suspect-branch' })).toEqual(free);
    expect(free.threat.rows).toBeGreaterThanOrEqual(10);
    const labels = ['repaid'];
    expect((await ask('/evaluate', certify, { labels, threat: 'suspect-branch' })).threat).toEqual(
      free.threat,
    );
    const unknown = { model: 'loans', instances, threat: 'suspect' };
    const { body } = await service.post('/certify').set(bearer(certify)).send(unknown).expect(422);
    expect(body).toMatchObject({ code: 'invalid_threat', errors: [{ path: '/threat' }] });
    expect(body.detail).toContain('few, suspect-branch');
  });

  it('is not a count of fewer than SURETY_LEAST_COUNT rows', async () => {
    const { service, all } = await withThreats();
    const certify = await keyFor(service, 'certify', 'evaluate', 'read');
    const request = { model: 'loans', instances, threat: 'few' };
    for (const [path, more] of [
      ['/certify', {}],
      ['/evaluate', { labels: ['repaid'] }],
    ] as const) {
      const { body } = await service
        .post(path)
        .set(bearer(certify))
        .send({ ...request, ...more })
        .expect(403);
      expect(body.detail).toContain('fewer than 10 labels (SURETY_LEAST_COUNT)');
      const { body: told } = await service
        .post(path)
        .set(bearer(all))
        .send({ ...request, ...more })
        .expect(200);
      expect(told.threat.rows).toBe(3);
    }
    const ofClass = (wanted: string) => LOANS.filter(({ outcome }) => outcome === wanted);
    const records = [...ofClass('repaid'), ...ofClass('defaulted').slice(0, 2)];
    const registration = { ...REGISTRATION, name: 'rare', records };
    const { body: own } = await service.post('/models').set(bearer(all)).send(registration).expect(201);
    const classesFor = async (key: string, path: string) => {
      const { body } = await service.get(path).set(bearer(key)).expect(200);
      return (body.versions?.[0] ?? body.models?.at(-1) ?? body).classes;
    };
    for (const path of ['/models', '/models/rare', '/models/rare/versions/1']) {
      expect(await classesFor(all, path)).toEqual(own.classes);
      expect(await classesFor(certify, path)).toEqual(
        own.classes.map(({ name, rows }: { name: string; rows: number }) => ({
          name,
          rows: rows < 10 ? null : rows,
        })),
      );
    }
    expect(own.classes.map(({ rows }: { rows: number }) => rows)).toContain(2);
  });
});

describe('threats of a registration', () => {
  it('are told of in words, part of the digest, and there after a restart', async () => {
    const service = await startService();
    const plain = (await service.post('/models').send(REGISTRATION).expect(201)).body;
    const withSome = { ...REGISTRATION, threats };
    const registered = (await service.post('/models').send(withSome).expect(201)).body;
    expect(plain).not.toHaveProperty('threats');
    expect(registered.threats).toEqual([
      { name: 'few', description: expect.stringContaining('the row number is one of (3, 4, 5)') },
      {
        name: 'suspect-branch',
        description: expect.stringMatching(
          /^Only labels of rows where employment is 'salaried' may be wrong/,
        ),
      },
    ]);
    expect([registered.version, registered.digest === plain.digest]).toEqual([2, false]);
    expect((await service.post('/models').send(withSome).expect(200)).body).toEqual(registered);
    const request = { model: 'loans', instances, threat: 'suspect-branch' };
    const before = (await service.post('/certify').send(request).expect(200)).body;
    const { dataDir } = service.app.config;
    await service.stop();
    const again = await startService({ dataDir });
    expect((await again.get('/models/loans/versions/2').expect(200)).body).toEqual(registered);
    expect((await again.post('/certify').send(request).expect(200)).body).toEqual(before);
  });

  it.each([
    [
      'a column that there is not',
      { x: { rows: { column: 'colour', in: ['red'] } } },
      422,
      '/threats/x/rows/column',
    ],
    [
      'a class that there is not',
      { x: { transitions: [['repaid', 'gone']] } },
      422,
      '/threats/x/transitions/0/1',
    ],
    ['a name that is none', { 'two words': {} }, 400, '/threats/two words'],
    ['no threat', { x: 7 }, 400, '/threats/x'],
    ['what is no condition', { x: { rows: { column: 'age' } } }, 400, '/threats/x/rows'],
    ['too many', Object.fromEntries(Array.from({ length: 101 }, (_, k) => [`t${k}`, {}])), 400, '/threats'],
  ])('are refused with %s', async (_, wrong, status, path) => {
    const service = await startService();
    const { body } = await service
      .post('/models')
      .send({ ...REGISTRATION, threats: wrong })
      .expect(status);
    expect(body.errors[0].path).toBe(path);
    await service.get('/models/loans').expect(404);
  });
});

describe('a threat of a request that is none', () => {
  it.each([
    ['a number', 7, '/threat'],
    ['an unknown member', { row: {} }, '/threat'],
    ['no condition', { rows: { and: [{ column: 'age' }] } }, '/threat/rows/and/0'],
    ['a name that is none', 'two words', '/threat'],
  ])('is refused at its place: %s', async (_, threat, path) => {
    const service = await startService();
    const { body } = await service.post('/certify').send({ model: 'loans', instances, threat }).expect(400);
    expect(body.errors[0].path).toBe(path);
  });
});
