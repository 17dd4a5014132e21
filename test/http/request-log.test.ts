import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { bearer, keyOf } from '../support/process/keys.ts';
import { type LogLine, until } from '../support/process/process.ts';
import { readMetrics, sampleOf } from '../support/process/prometheus.ts';
import { type Service, startService } from '../support/process/service.ts';

/** A service with access control, a key for everything, and what it has logged. */
async function logged() {
  const lines: LogLine[] = [];
  const log = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const service = await startService({ log, config: { auth: true, metrics: 'open' } });
  const headers = { ...bearer(await keyOf(service)), 'content-type': 'application/json' };
  return { service, headers, lines };
}

/** Sends a request and goes away once all of it has arrived and been looked at. */
async function abandon(service: Service, path: string, headers: Record<string, string>, body: object) {
  const patience = new AbortController();
  const { signal } = patience;
  const asked = fetch(`${service.url}${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal,
  });
  const [received] = await once(service.app.server, 'request');
  await once(received, 'end');
  await sleep(200);
  patience.abort();
  await expect(asked).rejects.toThrow(/abort/);
}

async function aborted({ get }: Service, route: string): Promise<number | undefined> {
  const labels = { method: 'POST', route, status: 'aborted' };
  const metrics = readMetrics((await get('/metrics')).text);
  return sampleOf(metrics, 'surety_http_request_duration_seconds_count', labels);
}

const LINE = {
  ...{ level: 30, time: expect.any(Number), pid: process.pid, hostname: expect.any(String) },
  ...{ requestId: 'left-1', method: 'POST', durationMs: expect.any(Number) },
  ...{ caller: expect.stringMatching(/^key:/), msg: 'request aborted' },
};

describe('a request whose client goes before its answer', () => {
  it('has one line, of what it was about, and is counted, where its work ends', async () => {
    const { service, headers, lines } = await logged();
    await service.post('/models').set(headers).send(REGISTRATION).expect(201);
    const long = { method: 'monte-carlo', monteCarlo: { samples: 1_000_000 } };
    const body = { model: 'loans', instances: Array(50).fill(application(0)), ...long };
    await abandon(service, '/certify', { ...headers, 'x-request-id': 'left-1' }, body);
    await until(async () => (await aborted(service, '/certify')) === 1, 'counted');
    await service.stop();
    const own = lines.filter(({ requestId }) => requestId === 'left-1');
    expect(own).toEqual([{ ...LINE, route: '/certify', model: 'loans', version: 1, rows: 50 }]);
    expect(own[0]!.durationMs).toBeGreaterThan(150);
  });

  it('has one line and is counted where its work goes on, such as a registration', async () => {
    const { service, headers, lines } = await logged();
    const settings = { features: { randomFourier: { components: 1500 } } }; // quick to send, and long to fit
    const body = { ...REGISTRATION, settings };
    await abandon(service, '/models', { ...headers, 'x-request-id': 'left-1' }, body);
    await until(async () => (await aborted(service, '/models')) === 1, 'counted');
    await until(async () => service.app.models.list().length === 1, 'registered');
    await service.stop();
    const own = lines.filter(({ requestId }) => requestId === 'left-1');
    expect(own).toEqual([{ ...LINE, route: '/models', model: 'loans' }]);
  });

  it('has one line where it ends the connection in the midst of an upload', async () => {
    const { service, headers, lines } = await logged();
    const { authorization } = headers;
    const head = [
      'POST /models HTTP/1.1',
      'Host: x',
      `Authorization: ${authorization}`,
      'X-Request-Id: left-1',
    ];
    const form = ['Content-Type: multipart/form-data; boundary=b', 'Content-Length: 1000', '', '--b\r\n'];
    const socket = net.connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write([...head, ...form].join('\r\n'));
    await once(service.app.server, 'request');
    socket.end();
    let answer = '';
    for await (const chunk of socket) answer += chunk;
    expect(answer).toBe('');
    await until(async () => (await aborted(service, '/models')) === 1, 'counted');
    await service.stop();
    const own = lines.filter(({ msg, route }) => String(msg).startsWith('request') && route !== '/metrics');
    expect(own).toEqual([{ ...LINE, route: '/models' }]);
  });

  it('has one line where it goes in the midst of its body', async () => {
    const { service, headers, lines } = await logged();
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"model":')),
    });
    const patience = new AbortController();
    const { signal } = patience;
    const init = { method: 'POST', headers: { ...headers, 'x-request-id': 'left-1' }, body, signal };
    const asked = fetch(`${service.url}/certify`, { ...init, duplex: 'half' } as RequestInit);
    await once(service.app.server, 'request');
    await sleep(50);
    patience.abort();
    await expect(asked).rejects.toThrow(/abort/);
    await until(async () => (await aborted(service, '/certify')) === 1, 'counted');
    await service.stop();
    const own = lines.filter(({ requestId, msg }) => requestId === 'left-1' || msg === 'request aborted');
    expect(own).toEqual([{ ...LINE, route: '/certify' }]);
  });
});
