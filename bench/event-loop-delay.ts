// Loaded into the service before it starts: on any message it tells how its event loop was held since the last one.
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds. */
export interface LoopDelay {
  readonly longest: number;
}

const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
process.on('message', () => {
  const told: LoopDelay = { longest: delay.max / 1e6 };
  process.send?.(told);
  delay.reset();
});
