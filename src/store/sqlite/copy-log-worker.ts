// Writes what is in the log of the database named into the database itself, as far as nobody reads what was there before.
import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';

const database = new Database(workerData, { fileMustExist: true });
database.pragma('synchronous = FULL');
database.pragma('wal_checkpoint(PASSIVE)');
database.close();
