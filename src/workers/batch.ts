import type { Timing } from '../verdict/stopwatch.ts';

/** What one thread did for instances of one model in one go. */
export interface Batch {
  /** A helper computes contributions of some rows for a query that another thread certifies. */
  readonly role: 'main' | 'worker' | 'helper';
  /** Slot of the thread; the main thread has 0. */
  readonly thread: number;
  /** Whose instances they are. */
  readonly requests: number;
  /** None where only some of their samples were drawn. */
  readonly instances: number;
  readonly timing: Timing;
}

/**
 * Told of each batch with instances of one request, in phases, and how many of the instances are its own; before the request
 * has its answer, except helpers.
 */
export type OnBatch = (batch: Batch, own: number) => void;

/** Told what the threads do, for whoever counts it. */
export interface WorkersObserver {
  batchDone(batch: Batch): void;
  workerDied(): void;
}
