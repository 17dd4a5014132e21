import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitRidge } from '../../src/fit/fit-ridge.ts';
import { SharedRows } from '../../src/kernel/memory/shared-rows.ts';
import { Workers } from '../../src/workers/workers.ts';
import { DATA, mnist, mnist17 } from '../data.ts';
import { imagesDataset, imagesTestSet, temporaryRegistry } from '../service.ts';
import { digits, publish, type Target, targetTable } from './page.ts';
import { median, medians } from './timing.ts';

/** What a careful data scientist would write with numpy: it lies beside the data sets. */
const PEER = join(DATA, '../peers/numpy_certify.py');
/** Runs of the peer, and of our own after each. */
const ROUNDS = 3;
const OWN_RUNS = 3;

interface PeerSeconds {
  readonly register: number;
  readonly exactBatch: number;
  readonly exactSingle: number;
  readonly smoothedBatch: number;
}

/** Certificates and registration against numpy on the same cores, in one run: the two take turns. */
export async function measurePeer(): Promise<void> {
  if (!existsSync(PEER)) throw new Error(`there is no ${PEER}`);
  const images = mnist17();
  const { register, workers, close } = await temporaryRegistry();
  const model = await register('m', imagesDataset(images, ['1', '7']), { lambda: { relative: 10_000 } });
  const { instances } = imagesTestSet(images, ['1', '7']);
  const signal = new AbortController().signal;
  const certify = (method: 'exact' | 'smoothed') => () =>
    workers.certify(model, instances, { method, q: 0.2 }, signal);
  await medians({ exact: certify('exact'), smoothed: certify('smoothed') }, 2); // warm
  const peers: PeerSeconds[] = [];
  const own: Record<'exact' | 'smoothed', number>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    peers.push(numpy(`mnist17:${join(DATA, 'mnist')}`, '--relative', '10000', '--q', '0.2'));
    own.push(await medians({ exact: certify('exact'), smoothed: certify('smoothed') }, OWN_RUNS));
  }
  await close();
  const registered = await measureRegistration();
  const of = (values: readonly number[]) => median(values);
  const exact = of(own.map((one) => one.exact)) / 1000;
  const smoothed = of(own.map((one) => one.smoothed)) / 1000;
  const peerExact = of(peers.map((one) => one.exactBatch));
  const peerSmoothed = of(peers.map((one) => one.smoothedBatch));
  const targets: Target[] = [
    {
      what: 'exact certificates of 2,163 test digits, MNIST 1 against 7 (13,007 x 784), one request',
      measured: `${digits(exact)} s`,
      against: `numpy ${digits(peerExact)} s`,
      ratio: peerExact / exact,
      bound: { atLeast: 3 },
    },
    {
      what: 'the same, smoothed (q = 0.2), all three certificates; numpy makes the KL one alone',
      measured: `${digits(smoothed)} s`,
      against: `numpy ${digits(peerSmoothed)} s`,
      ratio: peerSmoothed / smoothed,
      bound: { atLeast: 3 },
    },
    {
      what: 'registration of 60,000 x 784 features: means, Gram matrix, factor',
      measured: `${digits(registered.own)} s`,
      against: `numpy ${digits(registered.peer)} s`,
      ratio: registered.own / registered.peer,
      bound: { atMost: 2.5 },
    },
  ];
  publish('peer', targetTable(targets));
}

/** Seconds to fit all of MNIST. The features are in memory on both sides; numpy's come from a file that is not timed. */
async function measureRegistration(): Promise<{ own: number; peer: number }> {
  const { training, width } = mnist([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const threads = new Workers(availableParallelism(), 1);
  const features = SharedRows.make(training.length / width, width, threads.slots);
  features.shards[0]!.set(training);
  const settings = { centre: true, intercept: false, lambda: { relative: 10_000 } };
  const register = () => fitRidge(features, settings, threads);
  await register(); // warm
  const folder = mkdtempSync(join(tmpdir(), 'surety-bench-'));
  const file = join(folder, 'mnist.npz');
  python(join(import.meta.dirname, 'mnist-npz.py'), join(DATA, 'mnist'), file);
  const peers: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    peers.push(numpy(file, '--relative', '10000', '--limit', '8').register);
    own.push((await medians({ register }, 1)).register / 1000);
  }
  rmSync(folder, { recursive: true });
  await threads.close();
  return { own: median(own), peer: median(peers) };
}

function numpy(...given: string[]): PeerSeconds {
  return JSON.parse(python(PEER, ...given, '--json'));
}

/** Debian's Python, which has Debian's numpy, on as many cores as the workers have. */
function python(...given: string[]): string {
  const env = { ...process.env, OPENBLAS_NUM_THREADS: String(availableParallelism()) };
  return execFileSync('/usr/bin/python3', given, { encoding: 'utf8', env });
}
