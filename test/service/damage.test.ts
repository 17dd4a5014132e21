import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import { call, postJson, type RunningServer, startServer } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { databaseOf, flipBit } from '../support/stores/stored-files.ts';

const LOANS = syntheticLoans(300, 11);
const INSTANCES = LOANS.slice(0, 5).map(({ outcome, ...loan }) => loan);
const registration = (name: string) => ({ name, target: 'outcome', records: LOANS });
/** Every part that the model of a table has in the store. */
const PARTS = ['factor', 'features', 'labels', 'manifest', 'means', 'state', 'table'];

describe('a model with a changed byte in the store', () => {
  it('is named by /readyz and refused by /certify, whichever part it is in; the others serve', async () => {
    const { dataDir, results } = await registered(['intact', ...PARTS]);
    expect(partsOf(dataDir)).toEqual(PARTS);
    for (const part of PARTS) flipBit(databaseOf(dataDir), { name: part, version: 1, part });
    const server = await startServer(dataDir);
    const ready = await getJson(server, '/readyz');
    expect(ready).toEqual({
      status: 'ready',
      models: 1,
      damaged: PARTS.map((name) => ({ name, version: 1, reason: expect.stringContaining(`'${name}'`) })),
    });
    for (const name of PARTS) {
      const { status, text } = await certify(server, name);
      expect({ status, ...JSON.parse(text) }, name).toMatchObject({ status: 503, code: 'model_damaged' });
      expect((await call(server.url, 'GET', `/models/${name}/versions/1`)).status, name).toBe(503);
    }
    expect((await certify(server, 'intact')).text).toContain(results);
    const damageLines = server.log().filter(({ msg }) => String(msg).includes('damaged'));
    expect(damageLines.map(({ level, name, version }) => ({ level, name, version }))).toEqual(
      PARTS.map((name) => ({ level: 50, name, version: 1 })),
    );
  });

  it('can be deleted and registered again', async () => {
    const { dataDir, results } = await registered(['a', 'b']);
    flipBit(databaseOf(dataDir), { name: 'a', version: 1, part: 'features' });
    const server = await startServer(dataDir);
    expect((await certify(server, 'a')).status).toBe(503);
    expect((await call(server.url, 'DELETE', '/models/a')).status).toBe(204);
    expect((await certify(server, 'a')).status).toBe(404);
    const again = await postJson(server.url, '/models', registration('a'));
    expect(again.status, again.text).toBe(201);
    await expectBothServe(server, results);
    await stop(server);
    await expectBothServe(await startServer(dataDir), results);
  });

  it('is replaced by a new version when its content is registered again, and stays named', async () => {
    const { dataDir, results } = await registered(['a', 'b']);
    flipBit(databaseOf(dataDir), { name: 'a', version: 1, part: 'labels' });
    const server = await startServer(dataDir);
    const again = await postJson(server.url, '/models', registration('a'));
    expect(again.status, again.text).toBe(201);
    expect(JSON.parse(again.text).version).toBe(2);
    await expectSecondVersionServes(server, results);
    await stop(server);
    await expectSecondVersionServes(await startServer(dataDir), results);
  });

  it('is not served by an older version', async () => {
    const { dataDir } = await registered(['a']);
    const first = await startServer(dataDir);
    const changed = { ...registration('a'), settings: { noise: { q: 0.3 } } };
    expect((await postJson(first.url, '/models', changed)).status).toBe(201);
    await stop(first);
    flipBit(databaseOf(dataDir), { name: 'a', version: 2, part: 'factor' });
    const server = await startServer(dataDir);
    expect((await certify(server, 'a')).status).toBe(503);
    expect((await certify(server, 'a', 1)).status).toBe(200);
    expect((await call(server.url, 'DELETE', '/models/a/versions/2')).status).toBe(204);
    expect((await certify(server, 'a')).status).toBe(200);
  });
});

/** A stopped service's folder with the same training set under each name, and the results that all of them give. */
async function registered(names: readonly string[]): Promise<{ dataDir: string; results: string }> {
  const dataDir = temporaryFolder();
  const server = await startServer(dataDir);
  for (const name of names) {
    expect((await postJson(server.url, '/models', registration(name))).status).toBe(201);
  }
  const { text } = await certify(server, names[0]!);
  await stop(server);
  return { dataDir, results: text.slice(text.indexOf('"results"')) };
}

async function stop(server: RunningServer): Promise<void> {
  server.child.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
}

function partsOf(dataDir: string): string[] {
  const database = new Database(databaseOf(dataDir), { readonly: true });
  const parts = database.prepare('SELECT DISTINCT part FROM blob ORDER BY part').pluck().all();
  database.close();
  return parts as string[];
}

async function getJson(server: RunningServer, path: string): Promise<unknown> {
  const { status, text } = await call(server.url, 'GET', path);
  expect(status, text).toBe(200);
  return JSON.parse(text);
}

function certify(server: RunningServer, model: string, version?: number) {
  return postJson(server.url, '/certify', { model, version, instances: INSTANCES });
}

async function expectBothServe(server: RunningServer, results: string): Promise<void> {
  expect(await getJson(server, '/readyz')).toEqual({ status: 'ready', models: 2, damaged: [] });
  for (const name of ['a', 'b']) expect((await certify(server, name)).text).toContain(results);
}

async function expectSecondVersionServes(server: RunningServer, results: string): Promise<void> {
  const damaged = [{ name: 'a', version: 1, reason: expect.any(String) }];
  expect(await getJson(server, '/readyz')).toEqual({ status: 'ready', models: 2, damaged });
  expect((await certify(server, 'a')).text).toContain(results);
  expect((await certify(server, 'a', 1)).status).toBe(503);
}
