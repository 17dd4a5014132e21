import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { syntheticLoans } from '../../../examples/loans.ts';
import { application, LOANS } from '../models/loans.ts';
import { call, postJson } from '../process/process.ts';
import { startService, temporaryFolder } from '../process/service.ts';

/** Of a version, what tells it from all others. */
export interface Registered {
  readonly version: number;
  readonly digest: string;
}

/** Registers loans of which no other seed has the same. */
export async function registerLoans(url: string, seed: number, rows = 30): Promise<Registered> {
  const records = [...LOANS, ...syntheticLoans(rows, 1000 + seed)];
  const answer = await postJson(url, '/models', { name: 'loans', target: 'outcome', records });
  expect(answer.status, answer.text).toBe(201);
  const { version, digest } = JSON.parse(answer.text);
  return { version, digest };
}

/** The whole answer for some loans: equal means the same model, bit for bit. */
export async function certifiedLoans(url: string, version: number): Promise<string> {
  const instances = [0, 1, 2].map(application);
  const body = { model: 'loans', version, instances, explain: { breakingSet: true } };
  const { status, text } = await postJson(url, '/certify', body);
  expect(status, text).toBe(200);
  return text;
}

/** The versions that a service serves. */
export async function servedLoans(url: string): Promise<Registered[]> {
  const { models } = JSON.parse((await call(url, 'GET', '/models')).text) as { models: Registered[] };
  return models.map(({ version, digest }) => ({ version, digest }));
}

/** A stopped service's folder with so many versions of the loans, and what they answer. */
export async function storeOfLoans(versions: number): Promise<{ dataDir: string; answers: string[] }> {
  const dataDir = temporaryFolder();
  const service = await startService({ dataDir });
  const answers: string[] = [];
  for (let seed = 1; seed <= versions; seed++) {
    const { version } = await registerLoans(service.url, seed);
    answers.push(await certifiedLoans(service.url, version));
  }
  await service.stop();
  return { dataDir, answers };
}

export const databaseOf = (dataDir: string) => join(dataDir, 'surety.sqlite');

/** Does something behind the back of whoever has the database, foreign keys unchecked. */
export function behind<T>(file: string, act: (database: Database.Database) => T): T {
  const database = new Database(file);
  database.pragma('foreign_keys = OFF');
  try {
    return act(database);
  } finally {
    database.close();
  }
}

/** Changes one bit in the middle of a stored part, as a failing disk would. */
export function flipBit(file: string, key: { name: string; version: number; part: string }): void {
  behind(file, (database) => {
    const where = 'WHERE name = @name AND version = @version AND part = @part AND position = 0';
    const data = database.prepare(`SELECT data FROM chunk ${where}`).pluck().get(key) as Buffer;
    data[data.length >>> 1]! ^= 1;
    const { changes } = database.prepare(`UPDATE chunk SET data = @data ${where}`).run({ ...key, data });
    expect(changes).toBe(1);
  });
}

/** Writes over a file from a place on, a negative one counted from its end. */
export function overwrite(file: string, from: number, bytes: Uint8Array): void {
  const whole = readFileSync(file);
  whole.set(bytes, from < 0 ? whole.length + from : from);
  writeFileSync(file, whole);
}
