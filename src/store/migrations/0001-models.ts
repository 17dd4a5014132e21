import { type Kysely, PostgresAdapter, sql } from 'kysely';

/** Frozen in time: imports nothing of ours. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  const onPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
  await schema
    .createTable('name')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('last_version', 'integer', (column) => column.notNull())
    .execute();
  await schema
    .createTable('model')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('digest', 'text', (column) => column.notNull())
    .addColumn('created_at', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('model_key', ['name', 'version'])
    .addForeignKeyConstraint('model_name', ['name'], 'name', ['name'])
    .execute();
  await schema
    .createTable('blob')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('bytes', 'bigint', (column) => column.notNull())
    .addColumn('sha256', 'text', (column) => column.notNull())
    .addPrimaryKeyConstraint('blob_key', ['name', 'version', 'part'])
    .addForeignKeyConstraint('blob_model', ['name', 'version'], 'model', ['name', 'version'], (key) =>
      key.onDelete('cascade'),
    )
    .execute();
  await schema
    .createTable('chunk')
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('part', 'text', (column) => column.notNull())
    .addColumn('position', 'integer', (column) => column.notNull())
    .addColumn('data', onPostgres ? sql`bytea` : sql`blob`, (column) => column.notNull())
    .addPrimaryKeyConstraint('chunk_key', ['name', 'version', 'part', 'position'])
    .addForeignKeyConstraint(
      'chunk_blob',
      ['name', 'version', 'part'],
      'blob',
      ['name', 'version', 'part'],
      (key) => key.onDelete('cascade'),
    )
    .execute();
  // Postgres would try to compress each chunk, which takes ten times as long as writing it.
  if (onPostgres) await sql`alter table chunk alter column data set storage external`.execute(db);
}

export async function down(db: Kysely<unknown>): Promise<void> {
  for (const table of ['chunk', 'blob', 'model', 'name']) await db.schema.dropTable(table).execute();
}
