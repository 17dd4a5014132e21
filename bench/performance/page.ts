import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { print } from '../table.ts';

const PAGE = new URL('../../docs/performance.md', import.meta.url);

/** A table of docs/performance.md. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One target: `ratio` is held against `bound`, from below where more is better. */
export interface Target {
  readonly what: string;
  readonly measured: string;
  readonly against: string;
  readonly ratio: number;
  readonly bound: { readonly atLeast: number } | { readonly atMost: number };
}

export function targetTable(targets: readonly Target[]): Table {
  return {
    columns: ['what', 'measured', 'against', 'ratio', 'target', 'met'],
    rows: targets.map(({ what, measured, against, ratio, bound }) => {
      const met = 'atLeast' in bound ? ratio >= bound.atLeast : ratio <= bound.atMost;
      const target = 'atLeast' in bound ? `at least ${bound.atLeast}` : `at most ${bound.atMost}`;
      return [what, measured, against, digits(ratio), target, met ? 'yes' : '**no**'];
    }),
  };
}

/** Prints a table and puts it between its markers in the page, with the day and the machine. */
export function publish(name: string, { columns, rows }: Table): void {
  const lines = [columns, columns.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const text = [...lines, '', `*${new Date().toISOString().slice(0, 10)}, ${machine()}*`].join('\n');
  print(`\n${name}\n${text}`);
  const page = readFileSync(PAGE, 'utf8');
  const [begin, end] = [`<!-- bench ${name} -->`, `<!-- end ${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (!(from >= 0 && to > from)) throw new Error(`docs/performance.md has no place for ${name}`);
  writeFileSync(PAGE, `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`);
}

/** Three significant digits. */
export function digits(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function machine(): string {
  const [first, ...others] = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${others.length + 1} cores of ${first!.model.trim()}, ${memory} GiB, Node ${process.versions.node}`;
}
