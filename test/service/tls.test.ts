import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { syntheticLoans } from '../../examples/loans.ts';
import { postJson, type ServerProcess, spawnServer, until } from '../support/process/process.ts';
import { sendRaw } from '../support/process/raw.ts';
import { temporaryFolder } from '../support/process/service.ts';
import { callTls, makePair, noOpenssl, type Pair } from '../support/process/tls.ts';

interface TlsServer extends ServerProcess {
  readonly url: string;
  /** Takes the place of the pair that the service was started with, and tells it. */
  readonly replace: (pair: Partial<Pair>) => void;
}

/** The service on its own copy of a pair. */
async function startTls(pair: Pair): Promise<TlsServer> {
  const folder = temporaryFolder();
  const own = { SURETY_TLS_CERT: join(folder, 'cert.pem'), SURETY_TLS_KEY: join(folder, 'key.pem') };
  const copy = (from: Partial<Pair>) => {
    for (const name of Object.keys(from) as (keyof Pair)[]) copyFileSync(from[name]!, own[name]);
  };
  copy(pair);
  const server = spawnServer({ SURETY_DATA_DIR: join(folder, 'data'), ...own });
  const url = await server.listening;
  const replace = (other: Partial<Pair>) => {
    copy(other);
    server.child.kill('SIGHUP');
  };
  return { ...server, url, replace };
}

/** Runs what the image's HEALTHCHECK runs. */
function healthCheck(env: Record<string, string>) {
  const file = readFileSync(new URL('../../Dockerfile', import.meta.url), 'utf8');
  const [, ...args] = JSON.parse(/^HEALTHCHECK .*\\\n +CMD (\[.*\])$/m.exec(file)![1]!) as string[];
  return spawnSync(process.execPath, args, { env });
}

const logged = (server: ServerProcess, text: string) => server.log().filter(({ msg }) => msg === text);
const READ_AGAIN = 'the TLS certificate was read again';
const STAYS = 'the TLS certificate stays the old one';

describe.skipIf(noOpenssl !== undefined)(`TLS${noOpenssl ? ` (skipped: ${noOpenssl})` : ''}`, () => {
  it('is all that is spoken, in version 1.2 or newer, and browsers are told', async () => {
    const server = await startTls(makePair(temporaryFolder(), 'first'));
    expect(server.url).toMatch(/^https:/);
    const answer = await callTls(server.url, '/livez');
    expect([answer.status, answer.name]).toEqual([200, 'first']);
    for (const { headers } of [answer, await callTls(server.url, '/%zz')])
      expect(headers['strict-transport-security']).toBe('max-age=31536000');
    const plain = await sendRaw(server.url, ['GET /livez HTTP/1.1\r\nHost: x\r\n\r\n']);
    expect([plain.status, plain.body]).toEqual([0, '']);
    const old = callTls(server.url, '/livez', {
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'ALL@SECLEVEL=0',
    });
    await expect(old).rejects.toThrow(/alert|version|unsupported/i);
    expect((await callTls(server.url, '/livez', { maxVersion: 'TLSv1.2' })).status).toBe(200);
    const { port } = new URL(server.url);
    expect(healthCheck({ PORT: port, SURETY_TLS_CERT: 'any' }).status).toBe(0);
    expect(healthCheck({ PORT: port }).status).toBe(1);
  });

  it('takes a new pair on SIGHUP without losing a request, and no pair that does not fit', async () => {
    const folder = temporaryFolder();
    const [first, second] = [makePair(folder, 'first'), makePair(folder, 'second')];
    const server = await startTls(first);
    const agent = new https.Agent({ keepAlive: true, maxSockets: 2 });
    onTestFinished(() => agent.destroy());
    const names: string[] = [];
    let stop = false;
    const load = [agent, false, false].map(async (one) => {
      while (!stop) {
        const { status, name } = await callTls(server.url, '/livez', { agent: one });
        expect(status).toBe(200);
        if (one === false) names.push(name);
      }
    });
    await until(() => names.length > 5, 'answered');
    server.replace(second);
    await until(() => logged(server, READ_AGAIN).length === 1, 'read again');
    await until(() => names.at(-1) === 'second', 'the new one');

    writeFileSync(join(folder, 'none.pem'), 'no certificate');
    server.replace({ SURETY_TLS_KEY: first.SURETY_TLS_KEY }); // of another certificate
    await until(() => logged(server, STAYS).length === 1, 'refused');
    server.replace({ SURETY_TLS_CERT: join(folder, 'none.pem') });
    await until(() => logged(server, STAYS).length === 2, 'refused');
    const before = names.length;
    await until(() => names.length > before + 5, 'answered');
    expect(names.at(-1)).toBe('second');
    expect(names.slice(0, 5)).toEqual(Array(5).fill('first'));

    server.replace(first);
    await until(() => names.at(-1) === 'first', 'the first again');
    await expect(
      callTls(server.url, '/livez', {
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'ALL@SECLEVEL=0',
      }),
    ).rejects.toThrow();
    stop = true;
    await Promise.all(load);
    expect(server.child.exitCode).toBeNull();
  });

  it('is drained: answers are finished, handshakes and idle connections end', async () => {
    const server = await startTls(makePair(temporaryFolder(), 'first'));
    const { port } = new URL(server.url);
    const records = syntheticLoans(200, 1).map((loan) => ({
      ...loan,
      outcome: loan.outcome.padEnd(180, '.'),
    }));
    const registration = { name: 'loans', target: 'outcome', records };
    await until(async () => (await callTls(server.url, '/readyz')).status === 200, 'ready');
    expect((await postJson(server.url, '/models', registration)).status).toBe(201);
    const instances = syntheticLoans(10_000, 2).map(({ outcome, ...loan }) => loan);
    const body = JSON.stringify({ model: 'loans', instances, explain: { reasons: 7 } });

    const half = net.connect(Number(port), '127.0.0.1').on('error', () => {}); // never begins its handshake
    const idle = tls.connect({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
    const agent = new https.Agent({ keepAlive: true });
    onTestFinished(() => {
      for (const one of [half, idle, agent]) one.destroy();
    });
    await Promise.all([
      once(
        idle.on('error', () => {}),
        'secureConnect',
      ),
      once(half, 'connect'),
    ]);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', headers, agent, rejectUnauthorized: false };
    const request = https.request(new URL('/certify', server.url), options).end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    server.child.kill('SIGTERM');
    await sleep(500); // its part of the answer waits in the server
    let read = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) read += chunk.length;
    expect(read).toBe(Number(response.headers['content-length']));
    expect(read).toBeGreaterThan(2 ** 23); // more than the sockets hold
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it.each([
    [
      'a certificate that is not there',
      (pair: Pair) => ({ ...pair, SURETY_TLS_CERT: '/nowhere/cert.pem' }),
      /^SURETY_TLS_CERT: ENOENT/,
    ],
    ['a key that is a folder', (pair: Pair) => ({ ...pair, SURETY_TLS_KEY: '/' }), /^SURETY_TLS_KEY: EISDIR/],
    [
      'a key for a certificate',
      (pair: Pair) => ({ ...pair, SURETY_TLS_CERT: pair.SURETY_TLS_KEY }),
      /^SURETY_TLS_CERT, SURETY_TLS_KEY: not a pair in PEM: /,
    ],
  ])('stops the start with %s', async (_what, change, problem) => {
    const pair = makePair(temporaryFolder(), 'first');
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder(), ...change(pair) });
    expect(await server.exited).toEqual({ code: 1, signal: null });
    const [title, reason] = server.stderr().split('\n');
    expect(title).toBe('Wrong settings in the environment:');
    expect(reason).toMatch(problem);
  });
});

describe('without TLS', () => {
  it('SIGHUP stops the service as SIGTERM does', async () => {
    const server = spawnServer({ SURETY_DATA_DIR: temporaryFolder() });
    const { port } = new URL(await server.listening);
    expect(healthCheck({ PORT: port }).status).toBe(0);
    expect(healthCheck({ PORT: port, SURETY_TLS_CERT: 'any' }).status).toBe(1);
    server.child.kill('SIGHUP');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
