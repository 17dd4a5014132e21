import { describe, expect, it } from 'vitest';
import {
  EXAMPLE_CERTIFIED,
  EXAMPLE_EXACT_REQUEST,
  EXAMPLE_PARTITION_REQUEST,
  EXAMPLE_REGISTERED,
  EXAMPLE_SMOOTHED_REQUEST,
} from '../../schemas/examples.ts';
import { registrationSchema } from '../../schemas/models.ts';
import { COLUMNS, LOANS, loansCsv, REGISTRATION } from '../support/models/loans.ts';
import { startService } from '../support/process/service.ts';

const UPLOAD = JSON.stringify({ name: 'loans', target: 'outcome' });

describe('POST /models', () => {
  it('answers 201 with Location and the effective settings', async () => {
    const service = await startService();
    const { body, headers } = await service.post('/models').send(REGISTRATION).expect(201);
    expect(headers.location).toBe('/models/loans/versions/1');
    expect(body).toMatchObject({
      name: 'loans',
      version: 1,
      rows: 120,
      classes: [
        { name: 'defaulted', rows: LOANS.filter(({ outcome }) => outcome === 'defaulted').length },
        { name: 'repaid', rows: LOANS.filter(({ outcome }) => outcome === 'repaid').length },
      ],
      settings: {
        centre: true,
        intercept: false,
        lambda: { relative: 1 },
        rule: { kind: 'argmax' },
        noise: { q: 0.2 },
        features: { standardise: true, unitNorm: false, randomFourier: null },
      },
    });
    expect(body.settings.lambda.absolute).toBeGreaterThan(0);
    expect(body.columns.map(({ name, type }: { name: string; type: string }) => [name, type])).toEqual([
      ['income', 'number'],
      ['amount', 'number'],
      ['months', 'number'],
      ['employment', 'category'],
      ['purpose', 'category'],
      ['owns_home', 'boolean'],
      ['late_payments', 'number'],
    ]);
  });

  it('gives the same digest for every form of the same table, and then the version that is there', async () => {
    const service = await startService();
    const first = await service.post('/models').send(REGISTRATION).expect(201);
    const rows = LOANS.map((loan) => Object.values(loan));
    const table = { name: 'loans', target: 'outcome', columns: COLUMNS, rows };
    const ndjson = LOANS.map((loan) => JSON.stringify(loan)).join('\n');
    const upload = (data: string, filename: string) =>
      service.post('/models').field('model', UPLOAD).attach('data', Buffer.from(data), { filename });
    const answers = [
      await service.post('/models').send(table).expect(200),
      await upload(loansCsv(), 'loans.csv').expect(200),
      await upload(ndjson, 'loans.ndjson').expect(200),
    ];
    for (const { body } of answers) expect(body).toEqual(first.body);
  });

  it('gives a name that exists a new version, which then serves', async () => {
    const service = await startService();
    await service.post('/models').send(REGISTRATION).expect(201);
    const other = { ...REGISTRATION, settings: { lambda: { relative: 100 } } };
    const { body } = await service.post('/models').send(other).expect(201);
    expect(body.version).toBe(2);
    const listed = await service.get('/models/loans').expect(200);
    expect(listed.body.versions.map(({ version }: { version: number }) => version)).toEqual([1, 2]);
    const instances = [LOANS[0]];
    const latest = await service.post('/certify').send({ model: 'loans', instances }).expect(200);
    expect(latest.body.model).toEqual({ name: 'loans', version: 2, digest: body.digest });
    const asked = await service.post('/certify').send({ model: 'loans', version: 1, instances }).expect(200);
    expect(asked.body.model.version).toBe(1);
  });

  it('takes ready-made features, a class order and a threshold', async () => {
    const service = await startService();
    const features = [
      [1, 0],
      [0, 1],
      [2, 1],
      [1, 3],
    ];
    const { body } = await service
      .post('/models')
      .send({
        name: 'vectors',
        features,
        labels: [1, 0, 1, 0],
        classes: ['1', '0'],
        settings: { rule: { kind: 'threshold', value: 0.1, positive: '1' }, lambda: { absolute: 2 } },
      })
      .expect(201);
    expect(body).toMatchObject({
      features: 2,
      columns: [],
      classes: [{ name: '1' }, { name: '0' }],
      settings: {
        lambda: { absolute: 2 },
        rule: { kind: 'threshold', value: 0.1, positive: '1' },
        features: { standardise: false },
      },
    });
  });

  it('warns of constant columns, leaves out ignored ones, and accepts both in an instance', async () => {
    const service = await startService();
    const records = LOANS.map((loan) => ({ ...loan, bank: 'ours', id: loan.amount + loan.months }));
    const { body } = await service
      .post('/models')
      .send({ ...REGISTRATION, records, ignore: ['id'] })
      .expect(201);
    expect(body.warnings).toEqual([
      expect.stringMatching(/^classes_not_declared: /),
      "column 'bank' is constant and was dropped",
    ]);
    expect(body.columns.find(({ name }: { name: string }) => name === 'id')).toMatchObject({ ignored: true });
    await service
      .post('/certify')
      .send({ model: 'loans', instances: [records[0]] })
      .expect(200);
  });

  it('applies random Fourier features and unit norm', async () => {
    const service = await startService();
    const settings = { features: { unitNorm: true, randomFourier: { components: 50, seed: 3 } } };
    const { body } = await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    expect(body.features).toBe(50);
    expect(body.settings.features.randomFourier).toEqual({ components: 50, scale: 1, seed: 3 });
    await service
      .post('/certify')
      .send({ model: 'loans', instances: [LOANS[0]] })
      .expect(200);
  });
});

describe('GET and DELETE /models', () => {
  it('lists, shows and deletes versions, and never uses a number again', async () => {
    const service = await startService();
    await service.post('/models').send(REGISTRATION).expect(201);
    const list = await service.get('/models').expect(200);
    const one = await service.get('/models/loans/versions/1').expect(200);
    expect(list.body).toEqual({ models: [one.body] });
    const named = service.delete('/models/loans/versions/1').set('content-type', 'application/json');
    await named.expect(204);
    await service.get('/models/loans').expect(404);
    await service.delete('/models/loans').expect(404);
    const again = await service.post('/models').send(REGISTRATION).expect(201);
    expect(again.body.version).toBe(2);
    await service.delete('/models/loans').expect(204);
    const empty = await service.get('/models').expect(200);
    expect(empty.body).toEqual({ models: [] });
  });
});

describe('the examples of the documentation', () => {
  it('are answered as documented', async () => {
    const service = await startService();
    const [registration] = registrationSchema.meta()!.examples as object[];
    const registered = await service.post('/models').send(registration).expect(201);
    const { createdAt: _, ...documented } = EXAMPLE_REGISTERED;
    expect(registered.body).toMatchObject(documented);
    const certified = await service.post('/certify').send(EXAMPLE_EXACT_REQUEST).expect(200);
    expect(certified.body).toEqual(EXAMPLE_CERTIFIED);
    await service.post('/certify').send(EXAMPLE_SMOOTHED_REQUEST).expect(200);
    const voted = await service.post('/certify').send(EXAMPLE_PARTITION_REQUEST).expect(200);
    expect(voted.body).toMatchObject({ method: 'partition', classifier: 'ensemble' });
  });
});

describe('GET /openapi.json, GET /openapi.yaml', () => {
  it('serve the same document', async () => {
    const service = await startService();
    const json = await service.get('/openapi.json').expect(200);
    const yaml = await service.get('/openapi.yaml').expect(200);
    expect(json.body.openapi).toBe('3.1.0');
    expect(yaml.text).toContain('openapi: 3.1.0');
    expect(Object.keys(json.body.paths).sort()).toEqual([
      '/certify',
      '/evaluate',
      '/livez',
      '/metrics',
      '/models',
      '/models/{name}',
      '/models/{name}/versions/{version}',
      '/openapi-3.0.json',
      '/openapi.json',
      '/openapi.yaml',
      '/readyz',
      '/votes',
    ]);
  });
});
