import { it } from 'vitest';
import { statSync } from 'node:fs';
import { syntheticLoans } from '../../examples/loans.ts';
import { call, startServer, toCsv, uploadForm } from '../support/process.ts';
import { temporaryFolder } from '../support/service.ts';
it('x', async () => {
  for (const [rows, components] of [[3000,0],[3000,200],[5000,300],[20000,0],[5000,0],[5000,0]]) {
    const dir = temporaryFolder();
    const t0 = performance.now();
    const server = await startServer(dir);
    const t1 = performance.now();
    const csv = toCsv(syntheticLoans(rows!, 1));
    const t2 = performance.now();
    const form = uploadForm({ name: 'a', target: 'outcome', ...(components ? {settings: { features: { randomFourier: { components } } } }: {}) }, csv);
    let changed = 0; let stop = false; let size=0;
    const wal = () => statSync(dir + '/surety.sqlite-wal').size;
    const w0 = wal();
    (async () => { while (!stop) { if (wal() !== w0) { changed = performance.now(); break; } await new Promise(setImmediate); } })();
    const t3 = performance.now();
    const r = await call(server.url, 'POST', '/models', form);
    const t4 = performance.now(); stop = true; size = wal();
    console.log(rows, components, r.status, 'start', (t1-t0)|0, 'csv', (t2-t1)|0, 'register', (t4-t3)|0, 'walchange', (changed-t3)|0, 'wal', size, 'body', form.body.length);
    const r2 = await call(server.url, 'POST', '/models', uploadForm({ name: 'b', target: 'outcome' , ...(components ? {settings: { features: { randomFourier: { components } } } }: {}) }, toCsv(syntheticLoans(rows!, 2))));
    console.log('warm', r2.status, (performance.now()-t4)|0);
  }
});
