import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { z } from 'zod';
import { keyFieldsSchema } from '../schemas/keys.ts';
import { newKey } from './access/new-key.ts';
import { readConfig } from './config/config.ts';
import type { StoredKey } from './store/key-store.ts';
import { openStore } from './store/open-store.ts';
import { readSeal, type Seal } from './store/seal.ts';
import type { Store } from './store/store.ts';

const USAGE = `API keys of the service, in the store that its settings name (SURETY_DATABASE_URL, else SURETY_DATA_DIR).
The service may be running; it follows within two seconds.

  npm run -s keys -- create --name NAME --scopes SCOPES [--models MODELS] [--days DAYS]
  npm run -s keys -- list
  npm run -s keys -- revoke ID
  npm run -s keys -- seal ID

In the container: node dist/src/keys.js create ...

create prints the key, and nothing else, on standard output. It cannot be had again.
  --name    what people call it
  --scopes  of register, certify, explain, evaluate, read, admin, with commas between them
  --models  the only models that it may name, with commas between them; not with admin
  --days    it expires after so many days; without, it does not expire
list prints every key, revoked and expired ones too, one a line, with tabs.
seal vouches with SURETY_SEAL_KEY_FILE for a key that was made without it: look at it with list first.
Exits with 1 when it cannot do what was asked, with 2 when it was not asked properly.
`;

const DAY_MS = 86_400_000;

/** The command line cannot be understood. */
class UsageError extends Error {}

/** Makes, lists or revokes API keys in the store, whether or not the service runs. */
async function main(args: string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(USAGE);
  const act = commandOf(args);
  const config = readConfig(process.env);
  const log = pino({ level: 'silent' });
  const seal = readSeal(config, log);
  const store = openStore(config, log, seal);
  try {
    await store.migrate();
    await act(store, seal);
  } finally {
    await store.close();
  }
}

type Act = (store: Store, seal: Seal | null) => Promise<void>;

/** Reads the command line as a whole before anything is opened. Throws a UsageError. */
function commandOf(args: string[]): Act {
  const { positionals, values } = parsed(args);
  const [verb, id, ...more] = positionals;
  if (verb === 'create' && id === undefined) return create(fieldsFrom(values));
  const options = Object.keys(values).length;
  if (verb === 'list' && id === undefined && options === 0) return list;
  const one = id !== undefined && more.length === 0 && options === 0;
  if (verb === 'revoke' && one) return revoke(id);
  if (verb === 'seal' && one) return sealOne(id);
  throw new UsageError('expected create with its options, list, or revoke or seal with an id');
}

function parsed(args: string[]) {
  const text = { type: 'string' } as const;
  const options = { name: text, scopes: text, models: text, days: text };
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function fieldsFrom({ name, scopes, models, days }: ReturnType<typeof parsed>['values']) {
  if (days !== undefined && !/^[1-9]\d{0,4}$/.test(days)) throw new UsageError('days: expected 1 to 99999');
  const { success, data, error } = keyFieldsSchema.safeParse({
    name,
    scopes: scopes?.split(','),
    models: models?.split(','),
    ...(days && { expiresAt: new Date(Date.now() + Number(days) * DAY_MS).toISOString() }),
  });
  if (!success) throw new UsageError(z.prettifyError(error));
  return { ...data, models: data.models ?? null, expiresAt: data.expiresAt ?? null };
}

function create(fields: ReturnType<typeof fieldsFrom>): Act {
  return async (store) => {
    const { key, stored } = newKey(fields);
    await store.keys.insert(stored);
    process.stderr.write(`Made key ${stored.id}. This is the only time that it is shown:\n`);
    process.stdout.write(`${key}\n`);
  };
}

async function list(store: Store): Promise<void> {
  const header = ['id', 'name', 'scopes', 'models', 'created', 'expires', 'state'];
  const lines = (await store.keys.list()).map((key) => [
    ...[key.id, key.name, key.scopes.join(','), key.models?.join(',') ?? 'all'],
    ...[key.createdAt, key.expiresAt ?? 'never', stateOf(key)],
  ]);
  process.stdout.write([header, ...lines].map((line) => `${line.join('\t')}\n`).join(''));
}

function stateOf({ revokedAt, expiresAt, unsealed }: StoredKey): string {
  if (revokedAt !== null) return `revoked ${revokedAt}`;
  if (unsealed) return 'NOT SEALED, refused';
  return expiresAt !== null && !(Date.now() < Date.parse(expiresAt)) ? 'expired' : 'valid';
}

function revoke(id: string): Act {
  return async (store) => {
    const found = await store.keys.revoke(id, new Date().toISOString());
    if (!found) throw new Error('there is no key with this id; npm run -s keys -- list shows them');
    process.stderr.write(`Revoked key ${id}. Services refuse it within two seconds.\n`);
  };
}

function sealOne(id: string): Act {
  return async (store, seal) => {
    if (seal === null) throw new Error('SURETY_SEAL_KEY_FILE is not set: there is no key to seal with');
    const key = (await store.keys.list()).find((one) => one.id === id);
    if (key === undefined || key.revokedAt !== null)
      throw new Error('there is no key with this id that is not revoked; npm run -s keys -- list shows them');
    await store.sealKey(key, seal);
    process.stderr.write(
      `Sealed key ${id}: ${key.scopes.join(',')}, ${key.models?.join(',') ?? 'all models'}.\n`,
    );
  };
}

await main(process.argv.slice(2)).catch((error: Error) => {
  const asked = error instanceof UsageError;
  process.stderr.write(`${error.message}\n${asked ? `\n${USAGE}` : ''}`);
  process.exitCode = asked ? 2 : 1;
});
