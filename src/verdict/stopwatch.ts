/** What a thread does with a batch of instances, in this order; where some cannot wait for others, again and again. */
export const PHASES = ['encode', 'solve', 'pass', 'certificate'] as const;

export type Phase = (typeof PHASES)[number];

/** From when to when a thread was at something, in milliseconds on the clock of `now`. */
export interface Period {
  readonly began: number;
  readonly ended: number;
}

/** From the first time that a phase began to the last time that it ended, and how long it took without what came between. */
export interface PhasePeriod extends Period {
  readonly phase: Phase;
  readonly busy: number;
}

/** A thread's work on a batch, as it can be posted. */
export interface Timing extends Period {
  /**
   * Three numbers a phase, in the order of PHASES: began, ended, busy; zeros for a phase that did not occur, empty where
   * phases were not timed. Read by `phasesOf`.
   */
  readonly phases: readonly number[];
}

/** The phases that there were. */
export function phasesOf({ phases }: Timing): PhasePeriod[] {
  return PHASES.flatMap((phase, k) => {
    const [began, ended, busy] = phases.slice(3 * k) as [number, number, number];
    return began > 0 ? { phase, began, ended, busy } : [];
  });
}

/**
 * Milliseconds on a clock that all threads of the process share, as they do not `performance.now`, and that never jumps. It
 * does not know the time of day.
 */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Times one batch, and if asked to its phases; that costs a reading of the clock where the phase changes. */
export class Stopwatch {
  readonly #began = now();
  readonly #phases: number[];
  readonly #inPhases: boolean;
  #phase: Phase | null = null;
  #since = 0;

  constructor(inPhases = false) {
    this.#inPhases = inPhases;
    this.#phases = inPhases ? new Array(3 * PHASES.length).fill(0) : [];
  }

  enter(phase: Phase): void {
    if (!this.#inPhases || phase === this.#phase) return;
    this.#leave();
    this.#phase = phase;
  }

  stop(): Timing {
    this.#leave();
    this.#phase = null;
    return { began: this.#began, ended: this.#since, phases: this.#phases };
  }

  #leave(): void {
    const at = now();
    if (this.#phase !== null) {
      const k = 3 * PHASES.indexOf(this.#phase);
      if (this.#phases[k] === 0) this.#phases[k] = this.#since;
      this.#phases[k + 1] = at;
      this.#phases[k + 2]! += at - this.#since;
    }
    this.#since = at;
  }
}
