import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { certifyTogether } from '../../src/verdict/certify-together.ts';
import { mnist17 } from '../data.ts';
import { imagesDataset, imagesTestSet, temporaryRegistry } from '../service.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { readerOf } from './reader.ts';
import { readingModule } from './reading.ts';
import { medians } from './timing.ts';

const ROUNDS = 20;
const BURST = 25;

/** One query alone against reading the float32 rows once, on one core and on two, in this process. */
export async function measureQuery(): Promise<void> {
  const images = mnist17();
  const { register, workers, close } = await temporaryRegistry();
  const model = await register('m', imagesDataset(images, ['1', '7']), { lambda: { relative: 10_000 } });
  const { instances } = imagesTestSet(images, ['1', '7']);
  const [features] = model.ridge.features.shards;
  const [slotted] = model.ridge.features.handle.memories;
  const { byteOffset: start, byteLength: bytes } = features!;
  const module = await readingModule();
  const read = readerOf(module, slotted!.memory);
  const half = 64 * Math.floor(bytes / 128);
  const rounds = new Int32Array(new SharedArrayBuffer(8));
  const share = { module, memory: slotted!.memory, start: start + half, bytes: bytes - half, rounds };
  const other = new Worker(new URL('./reading-worker.ts', import.meta.url), { workerData: share });
  const readTwo = () => {
    const round = Atomics.add(rounds, 0, 1) + 1;
    Atomics.notify(rounds, 0);
    read(start, half);
    while (Atomics.load(rounds, 1) < round); // it has about as much to do
  };
  readTwo();

  let next = 0;
  const instance = () => instances[next++ % instances.length];
  const signal = new AbortController().signal;
  const cancelled = new Int32Array(1);
  const one = () =>
    certifyTogether(model, [{ instances: [instance()], options: { method: 'exact' }, cancelled }]);
  const two = () => workers.certify(model, [instance()], { method: 'exact' }, signal);
  for (let k = 0; k < 50; k++) [one(), await two()];
  const ms = await medians({ read: () => read(start, bytes), readTwo, one, two }, ROUNDS, BURST);
  Atomics.store(rounds, 0, -1);
  Atomics.notify(rounds, 0);
  await once(other, 'exit');
  await close();
  const targets: Target[] = [
    {
      what: 'one exact query alone, 13,007 x 784, on one core',
      measured: `${digits(ms.one)} ms`,
      against: `reading the rows once on one core, ${digits(ms.read)} ms`,
      ratio: ms.one / ms.read,
      bound: { atMost: 1.5 },
    },
    {
      what: 'the same, split between two workers, hand-over included',
      measured: `${digits(ms.two)} ms`,
      against: `reading the rows once on one core, ${digits(ms.read)} ms`,
      ratio: ms.two / ms.read,
      bound: { atMost: 1.5 },
    },
    {
      what: 'the same, against reading on two cores',
      measured: `${digits(ms.two)} ms`,
      against: `each core half of the rows, ${digits(ms.readTwo)} ms`,
      ratio: ms.two / ms.readTwo,
      bound: { atMost: 1.5 },
    },
  ];
  publish('query', targetTable(targets));
}
