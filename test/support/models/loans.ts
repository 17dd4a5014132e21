import { type LabelledLoan, syntheticLoans } from '../../../examples/loans.ts';

/** A small registration with numbers, categories, booleans and missing values. */
export const LOANS: readonly LabelledLoan[] = syntheticLoans(120, 7);
export const REGISTRATION = { name: 'loans', target: 'outcome', records: LOANS };
export const COLUMNS = Object.keys(LOANS[0]!);

/** An instance as a caller sends it: without its outcome. */
export function application(index: number) {
  const { outcome: _, ...loan } = LOANS[index]!;
  return loan;
}

/** The same table as CSV, missing values as empty cells. */
export function loansCsv(loans: readonly LabelledLoan[] = LOANS): string {
  const lines = loans.map((loan) => Object.values(loan).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}
