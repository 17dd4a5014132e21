/**
 * Milliseconds that each of the ways takes: medians of so many rounds, in each of which every way is run `burst` times in a
 * row, as it would be by somebody who asks one question after the other.
 */
export async function medians<Ways extends Record<string, () => unknown>>(
  ways: Ways,
  rounds: number,
  burst = 1,
): Promise<Record<keyof Ways, number>> {
  const names = Object.keys(ways) as (keyof Ways)[];
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      for (let k = 0; k < burst; k++) {
        const began = performance.now();
        await ways[name]!();
        times.get(name)!.push(performance.now() - began);
      }
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name)!)])) as Record<
    keyof Ways,
    number
  >;
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1]!;
}
