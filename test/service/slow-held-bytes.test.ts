import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { application, REGISTRATION } from '../support/models/loans.ts';
import { postJson, startServer } from '../support/process/process.ts';
import { temporaryFolder } from '../support/process/service.ts';

const MB = 2 ** 20;

/** Resident memory of a process, in bytes. */
function residentOf(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return 1024 * Number(kilobytes);
}

/** Sends so many bytes of one text that does not end. Resolves to the status of the answer, null where there is none in time. */
async function beginText(url: string, bytes: number, ms: number): Promise<number | null> {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let answer = '';
  socket.on('data', (text) => (answer += text));
  const head = `POST /certify HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: ${200 * MB}\r\n\r\n{"model":"loans","instances":["`);
  const text = Buffer.alloc(MB, 'x');
  for (let sent = 0; sent < bytes && answer === '' && socket.writable; sent += MB) {
    if (!socket.write(text))
      await Promise.race([new Promise((drained) => socket.once('drain', drained)), sleep(500)]);
  }
  for (let waited = 0; waited < ms && answer === ''; waited += 50) await sleep(50);
  return answer === '' ? null : Number(answer.split(' ')[1]);
}

it('bodies that do not end hold no more memory than the account has, and others are served', async () => {
  const held = 48 * MB;
  const server = await startServer(temporaryFolder(), { SURETY_MAX_HELD_BYTES: String(held) });
  expect((await postJson(server.url, '/models', REGISTRATION)).status).toBe(201);
  const question = { model: 'loans', instances: [application(0)] };
  const { text: before } = await postJson(server.url, '/certify', question);
  const idle = residentOf(server.child.pid!);
  let most = idle;
  const watch = setInterval(() => (most = Math.max(most, residentOf(server.child.pid!))), 50);
  const asked = Array.from({ length: 60 }, () => beginText(server.url, 14 * MB, 4000));
  await sleep(2000);
  expect((await postJson(server.url, '/certify', question)).text).toBe(before);
  const statuses = await Promise.all(asked);
  clearInterval(watch);
  const refused = statuses.filter((status) => status === 503).length;
  expect([...new Set(statuses)].sort()).toEqual([503, null]);
  expect(refused).toBeGreaterThan(50); // 60 x 14 MB would be 840 MB; half the account is 24 MB
  expect((most - idle) / MB).toBeLessThan(5 * (held / MB)); // what is given up takes a while to be collected
  expect((await postJson(server.url, '/certify', question)).text).toBe(before);
});
