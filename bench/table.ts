/** Percents of the training rows that the tables of MNIST show. */
export const PERCENTS = [2, 4, 8, 16];

/** Heads a table of `summary` lines. */
export function printHeader(title: string): void {
  const columns = ['clean', ...PERCENTS.map((percent) => `${percent} %`), 'median'];
  print(`\n${title}\n${line('', columns)}`);
}

/** One line of a table; numbers that are no number are left out. */
export function printSummary(name: string, cells: readonly number[], digits: number, note = ''): void {
  const texts = cells.map((cell, at) => {
    if (Number.isNaN(cell)) return '';
    return at === cells.length - 1 ? String(cell) : cell.toFixed(digits);
  });
  print(`${line(name, texts)}${note === '' ? '' : `   ${note}`}`);
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function line(name: string, cells: readonly string[]): string {
  return [name.padEnd(38), ...cells.map((cell) => cell.padStart(7))].join(' ').trimEnd();
}
