import { print } from '../table.ts';
import type { StreamReport } from './certify-stream.ts';

/** Prints what became of the stream, and who answered in each of its seconds. */
export function printReport({
  failed,
  uncured,
  different,
  longestGap,
  slowest,
  bySecond,
}: StreamReport): void {
  const kinds = [...failed].map(([status, count]) => `${count} ${status}`).join(', ') || 'none';
  print(
    `failed at the first try: ${kinds}; not cured by a second: ${uncured}; with other bytes: ${different}`,
  );
  print(
    `longest time without an answer: ${longestGap.toFixed(0)} ms; slowest answer: ${slowest.toFixed(0)} ms`,
  );
  const replicas = [...new Set(bySecond.flatMap((counts) => [...counts.keys()]))].sort();
  print(`second${replicas.map((replica) => replica.padStart(11)).join('')}`);
  for (const [second, counts] of bySecond.entries()) {
    const cells = replicas.map((replica) => String(counts.get(replica) ?? 0).padStart(11));
    print(`${String(second).padStart(6)}${cells.join('')}`);
  }
}
