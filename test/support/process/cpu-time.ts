/**
 * Milliseconds of processor time that this process has taken: on a busy machine the clock goes on while others
 * compute, and this does not.
 */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
