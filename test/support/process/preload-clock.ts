// Preloaded into a service under test: its wall clock jumps, each time it is looked at, by up to ten years ahead or back.
const YEARS = 3.2e11;
const clock = Date;
let jumps = 0;

globalThis.Date = class extends clock {
  constructor(...given: unknown[]) {
    super(...((given.length > 0 ? given : [globalThis.Date.now()]) as [number]));
  }
  static override now(): number {
    return clock.now() + Math.round(YEARS * Math.sin(jumps++));
  }
} as DateConstructor;
