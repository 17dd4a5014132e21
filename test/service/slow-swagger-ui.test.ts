import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenAPIV3_1 } from 'openapi-types';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { EXAMPLE_KEY_ID } from '../../schemas/keys.ts';
import type { StoredKey } from '../../src/store/key-store.ts';
import { noBrowser, openBrowser } from '../support/process/browser.ts';
import { bearer, keyOf, looseKey } from '../support/process/keys.ts';
import { resolved } from '../support/process/openapi.ts';
import { filled, jsonExamples, mediaOf, operations } from '../support/process/openapi-operations.ts';
import { toCsv } from '../support/process/process.ts';
import { type Service, startService, temporaryFolder } from '../support/process/service.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

describe('GET /docs', () => {
  it('registers and certifies the built-in examples at a click, with nothing from elsewhere', async ({
    skip,
  }) => {
    skip(noBrowser !== undefined, noBrowser);
    const service = await startService({ config: { auth: true } });
    const { page, requested, errors } = await openBrowser();
    const opened = await page.goto(`${service.url}/docs`);
    const policy = opened!.headers()['content-security-policy']; // what it forbids is an error in the console
    expect(policy).toMatch(/^default-src 'none'; .*script-src 'self';/);
    await page.locator('.opblock').first().waitFor();

    expect((await execute(page, 'listModels')).status).toBe('401');
    await authorize(page, await keyOf(service, { scopes: ['register', 'certify', 'explain'] }));

    const registered = await execute(page, 'registerModel');
    expect(registered.status).toBe('201');
    const model = JSON.parse(registered.body);
    expect(model).toMatchObject({ name: 'loan-applications', version: 1 });

    const certified = await execute(page, 'certify');
    expect(certified.status).toBe('200');
    const { results, model: used } = JSON.parse(certified.body);
    expect(used).toEqual({ name: model.name, version: 1, digest: model.digest });
    const { flips, breaksWith } = results[0].certificate;
    expect(flips).toBeGreaterThan(0);
    expect(results[0].explanation.breakingSet).toHaveLength(breaksWith);

    expect(requested).toEqual(expect.arrayContaining([`${service.url}/models`, `${service.url}/certify`]));
    for (const url of requested) expect(new URL(url).origin).toBe(service.url);
    expect(errors).toEqual([expect.stringContaining('401')]); // the first, which the browser calls an error
    await page.reload();
    expect((await execute(page, 'listModels')).status).toBe('401'); // the key was not kept in the browser
  });

  it('shows an operation with its errors on one screen', async ({ skip }) => {
    skip(noBrowser !== undefined, noBrowser);
    const service = await startService();
    const { page } = await openBrowser();
    await page.goto(`${service.url}/docs`);
    const operation = operationOf(page, 'listModels');
    await operation.locator('.opblock-summary-control').click();
    expect(await operation.locator('[data-code="503"] .response-col_description').innerText()).toBe(
      'overloaded, access_unavailable, not_ready',
    );
    expect((await operation.boundingBox())!.height).toBeLessThan(page.viewportSize()!.height);
  });

  it('registers a file that is picked in the form of POST /models', async ({ skip }) => {
    skip(noBrowser !== undefined, noBrowser);
    const service = await startService();
    const { page, errors } = await openBrowser();
    await page.goto(`${service.url}/docs`);
    const operation = operationOf(page, 'registerModel');
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.body-param-content-type select').selectOption('multipart/form-data');
    const { post } = (await documentOf(service)).paths!['/models']!;
    const buffer = Buffer.from(tableOf(post!));
    await operation
      .locator('input[type=file]')
      .setInputFiles({ name: 'loans.csv', mimeType: 'text/csv', buffer });
    expect(await answerOf(operation)).toMatchObject({ status: '201' });
    expect(errors).toEqual([]);
  });
});

describe('the examples of openapi.json', () => {
  it('work: each operation answers its documented request with a 2xx, once the model is there', async () => {
    const document = await documentOf(await startService({ config: { auth: true } }));
    const registration = jsonExamples(document.paths!['/models']!.post!)[0]!;
    const { key, stored } = looseKey();
    for (const { path, method, operation } of operations(document)) {
      const name = `${method} ${path}`;
      const bodies = jsonExamples(operation);
      if (mediaOf(operation) !== undefined) expect(bodies, `${name} has an example`).not.toEqual([]);
      for (const body of bodies.length > 0 ? bodies : [undefined]) {
        // a service of its own, as the operations before may have deleted the model
        const service = await serviceWith({ ...stored, id: EXAMPLE_KEY_ID, sha256: '' }, stored);
        if (operation.operationId !== 'registerModel')
          await service.post('/models').set(bearer(key)).send(registration);
        const request = service[method](filled(path, operation)).set(bearer(key));
        const response = await (body === undefined ? request : request.send(body));
        expect(response.status, `${name}: ${response.text}`).toBeOneOf([200, 201, 204]);
        await service.stop();
      }
    }
  });

  it('work: the form of POST /models takes the example as a file', async () => {
    const service = await startService();
    const { post } = (await documentOf(service)).paths!['/models']!;
    const form = resolved(mediaOf(post!, 'multipart/form-data')!.schema!);
    const { model } = (form as OpenAPIV3_1.SchemaObject).properties!;
    const response = await service
      .post('/models')
      .field('model', (model as { examples: string[] }).examples[0]!)
      .attach('data', Buffer.from(tableOf(post!)), 'loans.csv');
    expect(response.status, response.text).toBe(201);
  });

  it('fit: each documented error has examples, of its own status and by its schema', async () => {
    const document = await documentOf(await startService({ config: { auth: true } }));
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    ajv.addSchema(document, 'openapi');
    let checked = 0;
    for (const { path, method, operation } of operations(document)) {
      for (const [status, response] of Object.entries(operation.responses!)) {
        if (Number(status) < 400) continue;
        const { content } = resolved(response as OpenAPIV3_1.ResponseObject);
        const media = content?.['application/problem+json'];
        const name = `${method} ${path} ${status}`;
        expect(Object.keys(media?.examples ?? {}), `${name} has an example`).not.toEqual([]);
        for (const [code, example] of Object.entries(media!.examples!)) {
          const { value } = example as { value: { code: string; status: number } };
          expect(value, name).toMatchObject({ code, status: Number(status) });
          expect(validate(ajv, media!.schema!, value), `${name} ${code}`).toBe('No errors');
          checked++;
        }
      }
    }
    expect(checked).toBeGreaterThan(30);
  });
});

/** Enters a key, as a person would. */
async function authorize(page: Page, key: string): Promise<void> {
  await page.locator('.auth-wrapper .authorize').first().click();
  const dialog = page.locator('.auth-container');
  await dialog.locator('input').fill(key);
  await dialog.getByRole('button', { name: 'Apply credentials' }).click();
  await dialog.getByRole('button', { name: 'Close' }).click();
}

/** Opens an operation, executes what its form is filled with, and reads the answer that is shown. */
async function execute(page: Page, operationId: string): Promise<{ status: string; body: string }> {
  const operation = operationOf(page, operationId);
  await operation.locator('.opblock-summary-control').click();
  return answerOf(operation);
}

function operationOf(page: Page, operationId: string): Locator {
  return page.locator(`.opblock[id$="-${operationId}"]`);
}

/** Executes an operation that is open, and reads the answer that is shown. */
async function answerOf(operation: Locator): Promise<{ status: string; body: string }> {
  await operation.getByRole('button', { name: 'Execute' }).click();
  const answer = operation.locator('.live-responses-table .response');
  const status = await answer.locator('.response-col_status').innerText();
  const body = await answer.locator('.response-col_description pre').first().innerText();
  return { status: status.trim(), body };
}

/** The table that is the example of a registration, as CSV. */
function tableOf(registerModel: OpenAPIV3_1.OperationObject): string {
  const [{ columns, rows }] = jsonExamples(registerModel) as [{ columns: string[]; rows: unknown[][] }];
  return toCsv(rows.map((row) => Object.fromEntries(columns.map((column, c) => [column, row[c]]))));
}

/** A service with access control, in whose store there are these keys. */
async function serviceWith(...keys: StoredKey[]): Promise<Service> {
  const dataDir = temporaryFolder();
  const store = await sqliteDatabase(dataDir).openStore();
  for (const key of keys) await store.keys.insert(key);
  await store.close();
  return startService({ dataDir, config: { auth: true } });
}

async function documentOf(service: Service): Promise<OpenAPIV3_1.Document> {
  const { body } = await service.get('/openapi.json').expect(200);
  return body;
}

/** References in a schema are to the document, which goes by the name `openapi`. */
function validate(ajv: Ajv2020, schema: object, value: unknown): string {
  const text = JSON.stringify(schema).replaceAll('"#/', '"openapi#/');
  return ajv.validate(JSON.parse(text), value) ? 'No errors' : ajv.errorsText();
}
