import type { Worker } from 'node:worker_threads';

/** One message to a worker and who waits for the answer. */
export interface Work {
  /** Makes the message for a worker; `known`: what it has been told about before, to which this may add. */
  readonly message: (known: Set<number>) => unknown;
  /** Given what the worker posts back. */
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Gives the next piece of work, if any; `idle`: how many workers could take one now, at least 1. */
export type Source = (idle: number) => Work | undefined;

/** A worker ended, or ran out of memory, before it had answered, or could not be started. */
export class WorkerDiedError extends Error {
  override readonly name = 'WorkerDiedError';
}

interface Hired {
  readonly worker: Worker;
  known: Set<number>;
  /** What it works on. */
  work: Work | null;
}

/**
 * A fixed number of worker threads, started when there is work for them. Each does one piece of work at a time: it is
 * posted a message and posts an answer. A worker that dies fails the piece that it worked on, with a WorkerDiedError, and
 * another is started when there is more work. Every piece is settled: after `close` those that are left fail as well.
 *
 * Work is not pushed to the pool but pulled by idle workers from its sources, so that what waits can be put together,
 * reordered or withdrawn until the last moment. The sources take turns. Idle workers do not keep the process alive.
 */
export class WorkerPool {
  readonly #start: (slot: number) => Worker;
  readonly #sources: readonly Source[];
  readonly #onDeath: () => void;
  readonly #members: (Hired | null)[];
  #nextSource = 0;
  #closed = false;

  /** `start` makes the worker of a slot, 0 to size - 1. `onDeath` is told of each that ends before `close`, or cannot start. */
  constructor(
    size: number,
    start: (slot: number) => Worker,
    sources: readonly Source[],
    onDeath: () => void = () => {},
  ) {
    this.#start = start;
    this.#sources = sources;
    this.#onDeath = onDeath;
    this.#members = new Array<Hired | null>(size).fill(null);
  }

  /** Call when a source may have got work. */
  wake(): void {
    if (this.#closed) this.#failAll();
    for (const slot of this.#members.keys()) {
      while (!this.#members[slot]?.work) {
        const work = this.#nextWork();
        if (work === undefined) return;
        this.#give(slot, work);
      }
    }
  }

  /** Posts a message, which is not answered, to every worker that knows `id`; then it no longer does. */
  forget(id: number, message: unknown): void {
    for (const member of this.#members) {
      if (member?.known.delete(id)) member.worker.postMessage(message);
    }
  }

  /** Posts a message, which is not answered, to every worker that has started. */
  tellAll(message: unknown): void {
    for (const member of this.#members) member?.worker.postMessage(message);
  }

  /** Ends all workers; what they work on fails, and whatever the sources have, now or later. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll();
    await Promise.all(this.#members.map((member) => member?.worker.terminate()));
  }

  #nextWork(): Work | undefined {
    const idle = this.#members.filter((member) => !member?.work).length;
    for (let tried = 0; tried < this.#sources.length; tried++) {
      const source = this.#sources[this.#nextSource]!;
      this.#nextSource = (this.#nextSource + 1) % this.#sources.length;
      const work = source(idle);
      if (work !== undefined) return work;
    }
    return undefined;
  }

  #failAll(): void {
    for (let work = this.#nextWork(); work !== undefined; work = this.#nextWork()) {
      work.reject(new WorkerDiedError('the worker threads have been closed'));
    }
  }

  /** Fails a piece of work that cannot be given; the slot stays idle then. */
  #give(slot: number, work: Work): void {
    try {
      const member = this.#members[slot] ?? this.#hire(slot);
      const known = new Set(member.known);
      member.worker.postMessage(work.message(known));
      member.known = known; // only what has arrived
      member.work = work;
      member.worker.ref();
    } catch (error) {
      work.reject(error as Error);
    }
  }

  #hire(slot: number): Hired {
    const member: Hired = { worker: this.#started(slot), known: new Set(), work: null };
    this.#members[slot] = member;
    member.worker.on('message', (answer) => {
      const { work } = member;
      member.work = null;
      member.worker.unref();
      work?.resolve(answer);
      this.wake();
    });
    let cause: unknown;
    member.worker.on('error', (error) => {
      cause = error;
    });
    member.worker.on('messageerror', (error) => {
      cause = error; // an answer that cannot be read, and there will be no other
      member.worker.terminate();
    });
    member.worker.on('exit', () => {
      this.#members[slot] = null;
      if (!this.#closed) this.#onDeath();
      member.work?.reject(new WorkerDiedError('a worker thread ended', { cause }));
      this.wake();
    });
    return member;
  }

  #started(slot: number): Worker {
    try {
      return this.#start(slot);
    } catch (cause) {
      this.#onDeath();
      throw new WorkerDiedError('a worker thread could not be started', { cause });
    }
  }
}
