import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import type { Answer } from './process.ts';

/** Why no certificates can be made here; undefined where they can. */
export const noOpenssl = existsSync('/usr/bin/openssl') ? undefined : 'there is no /usr/bin/openssl';

export interface Pair {
  readonly SURETY_TLS_CERT: string;
  readonly SURETY_TLS_KEY: string;
}

/** A self-signed certificate for 127.0.0.1 and its key, in a folder. */
export function makePair(folder: string, name: string): Pair {
  const pair = {
    SURETY_TLS_CERT: join(folder, `${name}.pem`),
    SURETY_TLS_KEY: join(folder, `${name}-key.pem`),
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const files = ['-out', pair.SURETY_TLS_CERT, '-keyout', pair.SURETY_TLS_KEY];
  execFileSync('openssl', ['req', '-x509', ...key, ...subject, ...files], { stdio: 'pipe' });
  return pair;
}

export interface TlsAnswer extends Answer {
  /** Common name of the certificate that was shown. */
  readonly name: string;
}

/** As `call`, over TLS with whatever certificate. */
export async function callTls(
  url: string,
  path: string,
  options: https.RequestOptions = {},
): Promise<TlsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TlsAnswer>();
  const request = https.get(new URL(path, url), { agent: false, rejectUnauthorized: false, ...options });
  request.on('error', reject);
  request.on('response', async (response) => {
    const { subject } = (response.socket as import('node:tls').TLSSocket).getPeerCertificate();
    try {
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      resolve({ status: response.statusCode!, headers: response.headers, text, name: String(subject.CN) });
    } catch (error) {
      reject(error);
    }
  });
  return promise;
}
