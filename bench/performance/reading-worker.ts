// A thread that reads its share of a memory whenever it is told to: `go` is raised by one, and answered by raising `done`.
import { workerData } from 'node:worker_threads';
import { readerOf } from './reader.ts';

interface Share {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly start: number;
  readonly bytes: number;
  /** [rounds asked for, rounds done] */
  readonly rounds: Int32Array;
}

const { module, memory, start, bytes, rounds } = workerData as Share;
const read = readerOf(module, memory);
for (let round = 0; ; round++) {
  Atomics.wait(rounds, 0, round);
  if (Atomics.load(rounds, 0) < 0) break;
  read(start, bytes);
  Atomics.add(rounds, 1, 1);
  Atomics.notify(rounds, 1);
}
