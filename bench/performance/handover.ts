import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { openModel } from '../../src/model/open-model.ts';
import { costOfCertifying } from '../../src/workers/cost-of-certifying.ts';
import { MAIN_THREAD } from '../../src/workers/main-thread.ts';
import { INLINE_WORK, Workers } from '../../src/workers/workers.ts';
import { temporaryRegistry } from '../service.ts';
import { digits, publish } from './page.ts';
import { medians } from './timing.ts';

const WIDTH = 50;
const ROWS = [500, 1000, 2000, 4000, 8000, 16_000, 32_000];
const ROUNDS = 20;
const BURST = 25;

/** One exact query done in the main thread, and handed over to an idle worker: from which size on does it pay? */
export async function measureHandover(): Promise<void> {
  const { register, close } = await temporaryRegistry();
  const inline = new Workers(1, 1000, { inlineWork: Number.POSITIVE_INFINITY });
  const handed = new Workers(1, 1000, { inlineWork: 0 });
  const random = new SeededRandom(1);
  const point = () => Array.from({ length: WIDTH }, () => random.uniform());
  const table: string[][] = [];
  for (const rows of ROWS) {
    const values = Float32Array.from({ length: rows * WIDTH }, () => random.uniform());
    const codes = Int32Array.from({ length: rows }, (_, row) => (values[row * WIDTH]! > 0.5 ? 1 : 0));
    const data = { kind: 'vectors', rows, width: WIDTH, values } as const;
    const labels = { classes: ['a', 'b'], codes };
    const declared = { columnTypes: [], classes: true };
    const dataset = { data, labels, target: null, ignored: [], declared, warnings: [] };
    const { source } = await register(`m${rows}`, dataset, {});
    const signal = new AbortController().signal;
    const model = openModel(source, MAIN_THREAD);
    const ask = (workers: Workers) => () => workers.certify(model, [point()], { method: 'exact' }, signal);
    const ways = { inline: ask(inline), handed: ask(handed) };
    await medians(ways, 100);
    const ms = await medians(ways, ROUNDS, BURST);
    const work = costOfCertifying(model, { method: 'exact' });
    const chosen = work <= INLINE_WORK ? 'inline' : 'handed over';
    table.push([String(rows), digits(work), digits(ms.inline), digits(ms.handed), chosen]);
  }
  await inline.close();
  await handed.close();
  await close();
  publish('handover', {
    columns: ['rows x 50', 'estimated multiply-adds', 'inline, ms', 'handed over, ms', 'the service does it'],
    rows: table,
  });
}
