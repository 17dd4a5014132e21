// Preloaded into a service under test: its wall clock is ten years ahead and ten years behind, in turn.
const YEARS = 3.2e11;
const clock = Date;
let jumps = 0;

globalThis.Date = class extends clock {
  constructor(...given: unknown[]) {
    super(...((given.length > 0 ? given : [globalThis.Date.now()]) as [number]));
  }
  static override now(): number {
    return clock.now() + (jumps++ % 2 === 0 ? YEARS : -YEARS);
  }
} as DateConstructor;
