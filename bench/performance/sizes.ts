import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { certifyTogether } from '../../src/verdict/certify-together.ts';
import { temporaryRegistry } from '../service.ts';
import { digits, publish } from './page.ts';
import { readerOf } from './reader.ts';
import { readingModule } from './reading.ts';
import { medians } from './timing.ts';

const ROWS = 20_000;
const WIDTHS = [50, 200, 784, 2000];
const BATCH = 512;

/** Exact certificates by the number of features. */
export async function measureSizes(): Promise<void> {
  const module = await readingModule();
  const rows: string[][] = [];
  for (const width of WIDTHS) {
    const random = new SeededRandom(width);
    const values = Float32Array.from({ length: ROWS * width }, () => random.uniform());
    const codes = Int32Array.from({ length: ROWS }, (_, row) => (values[row * width]! > 0.5 ? 1 : 0));
    const { register, workers, close } = await temporaryRegistry();
    const data = { kind: 'vectors', rows: ROWS, width, values } as const;
    const declared = { columnTypes: [], classes: true };
    const labels = { classes: ['a', 'b'], codes };
    const began = performance.now();
    const model = await register(
      'm',
      { data, labels, target: null, ignored: [], declared, warnings: [] },
      {},
    );
    const registration = (performance.now() - began) / 1000;
    const instances = Array.from({ length: BATCH }, () =>
      Array.from({ length: width }, () => random.uniform()),
    );
    const signal = new AbortController().signal;
    const cancelled = new Int32Array(1);
    const [features] = model.ridge.features.shards;
    const read = readerOf(module, model.ridge.features.handle.memories[0]!.memory);
    const ways = {
      read: () => read(features!.byteOffset, features!.byteLength),
      one: () =>
        certifyTogether(model, [
          { instances: instances.slice(0, 1), options: { method: 'exact' }, cancelled },
        ]),
      batch: () => workers.certify(model, instances, { method: 'exact' }, signal),
    };
    await medians(ways, 2);
    const ms = await medians(ways, 7);
    await close();
    const flops = (2 * ROWS * width * BATCH) / ms.batch / 1e6;
    rows.push([
      String(width),
      digits(registration),
      digits(ms.read),
      digits(ms.one),
      digits(ms.one / ms.read),
      digits(ms.batch / BATCH),
      digits(flops),
    ]);
  }
  publish('by features', {
    columns: [
      'features, 20,000 rows',
      'registration with the store, s',
      'reading the rows, ms',
      'one query on one core, ms',
      'ratio',
      `a query in a batch of ${BATCH}, ms`,
      'GFLOP/s of its products',
    ],
    rows,
  });
}
