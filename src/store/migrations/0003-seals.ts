import type { Kysely } from 'kysely';

const SEALED = ['blob', 'access_key'] as const;

/** Frozen in time: imports nothing of ours. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of SEALED) await db.schema.alterTable(table).addColumn('seal', 'text').execute();
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of SEALED) await db.schema.alterTable(table).dropColumn('seal').execute();
}
