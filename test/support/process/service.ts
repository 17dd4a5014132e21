import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { DestinationStream } from 'pino';
import request, { type Test } from 'supertest';
import { onTestFinished } from 'vitest';
import { buildApp } from '../../../src/app.ts';
import { type Config, readConfig } from '../../../src/config/config.ts';
import { createLogger } from '../../../src/process/logger.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { readSeal } from '../../../src/store/seal.ts';
import { conforms } from './openapi.ts';

/** A service of a test's own on 127.0.0.1, with a data folder of its own; on Postgres where `config.databaseUrl` says so. */
export interface Service {
  readonly app: FastifyInstance;
  readonly url: string;
  /** Every response is held against openapi.yaml. */
  readonly get: (path: string) => Test;
  readonly post: (path: string) => Test;
  readonly delete: (path: string) => Test;
  readonly stop: () => Promise<void>;
  /** Takes the database away from under the service. */
  readonly closeStore: () => Promise<void>;
}

export interface ServiceOptions {
  /** Access control is off by default. */
  readonly config?: Partial<Config>;
  /** Kept when given; else a temporary folder that goes with the test. */
  readonly dataDir?: string;
  readonly log?: DestinationStream;
  readonly load?: boolean;
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'surety-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const dataDir = options.dataDir ?? temporaryFolder();
  // The service shares its event loop with the test, which may hold it for seconds.
  const ofTests = { auth: false, maxEventLoopDelayMs: 3_600_000 };
  const config = { ...readConfig({}), ...ofTests, ...options.config, dataDir };
  const logger = createLogger(options.log ? 'trace' : 'silent', options.log ?? { write() {} });
  const store = openStore(config, logger, readSeal(config, logger));
  const app = await buildApp(config, store, logger);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await store.migrate();
  if (config.auth) await app.keys.load();
  if (options.load ?? true) await app.models.load();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= app.close();
    return stopped;
  };
  onTestFinished(stop);
  const call = (method: 'get' | 'post' | 'delete') => (path: string) =>
    request(app.server)
      [method](path)
      .expect((response) => conforms(method, path, response));
  return {
    app,
    url,
    get: call('get'),
    post: call('post'),
    delete: call('delete'),
    stop,
    closeStore: () => store.close(),
  };
}
