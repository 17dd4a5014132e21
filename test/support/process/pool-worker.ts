import { parentPort, threadId, workerData } from 'node:worker_threads';

/** What a worker of the pool's tests is told to do. */
export type Order =
  /** Answers with what it has been told so far. */
  | { readonly say: string }
  /** As `say`, when the gate is opened, that is not 0 any more. */
  | { readonly say: string; readonly gate: Int32Array }
  /** Is not answered. */
  | { readonly note: string }
  | { readonly end: 'exit' | 'throw' | 'fill memory' };

export interface Said {
  readonly say: string;
  readonly slot: number;
  readonly threadId: number;
  readonly notes: readonly string[];
}

const notes: string[] = [];

parentPort!.on('message', (order: Order) => {
  if ('note' in order) notes.push(order.note);
  else if ('end' in order) end(order.end);
  else {
    if ('gate' in order) Atomics.wait(order.gate, 0, 0);
    parentPort!.postMessage({ say: order.say, slot: workerData, threadId, notes } satisfies Said);
  }
});

function end(how: 'exit' | 'throw' | 'fill memory'): void {
  if (how === 'exit') process.exit(3);
  if (how === 'throw') throw new RangeError('thrown in the worker');
  for (const filled: number[][] = []; ; ) filled.push(new Array(100_000).fill(filled.length));
}
