import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import type { TlsConfig } from '../config/config.ts';

/** The pair as a server takes it. Throws an Error that names the setting when it cannot be read or used. */
export function readTls(files: TlsConfig): SecureContextOptions {
  const pair = {
    cert: read('SURETY_TLS_CERT', files.cert),
    key: read('SURETY_TLS_KEY', files.key),
    minVersion: 'TLSv1.2',
  } as const;
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new Error(`SURETY_TLS_CERT, SURETY_TLS_KEY: not a pair in PEM: ${(error as Error).message}`);
  }
  return pair;
}

/** Reads the pair again, for connections from now on. A pair that cannot be used is logged, and the old one stays. */
export function reloadTls(server: Server, files: TlsConfig, log: FastifyBaseLogger): void {
  try {
    server.setSecureContext(readTls(files));
    log.info('the TLS certificate was read again');
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'the TLS certificate stays the old one');
  }
}

function read(setting: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${setting}: ${(error as Error).message}`);
  }
}
