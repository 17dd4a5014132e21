/** A thread that computes: the main one, or a worker. */
export interface Thread {
  /** Its slot in the memories that threads share; the main thread has 0. */
  readonly slot: number;
  /** The compiled kernel. */
  readonly module: WebAssembly.Module;
}
