import { SeededRandom } from '../src/kernel/seeded-random.ts';

/** A synthetic loan application. No person is behind it. */
export interface Loan {
  readonly income: number | null;
  readonly amount: number;
  readonly months: number;
  readonly employment: string;
  readonly purpose: string;
  readonly owns_home: boolean;
  readonly late_payments: number;
}

export type LabelledLoan = Loan & { readonly outcome: 'repaid' | 'defaulted' };

const EMPLOYMENT = ['salaried', 'salaried', 'salaried', 'self-employed', 'retired', 'unemployed'];
const PURPOSE = ['car', 'renovation', 'business', 'debt'];

/**
 * Synthetic loan applications with their outcomes, the same for the same seed: income, amount and months are
 * drawn independently of each other, the outcome by a logistic model of all columns. One income in twenty is
 * missing.
 */
export function syntheticLoans(count: number, seed: number): LabelledLoan[] {
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => {
    const income = Math.round(1200 + 2400 * random.uniform() + 1500 * Math.abs(random.normal()));
    const loan = {
      income: random.uniform() < 0.05 ? null : income,
      amount: 500 * Math.round(4 + 26 * random.uniform()),
      months: 6 * (2 + random.below(9)),
      employment: EMPLOYMENT[random.below(EMPLOYMENT.length)]!,
      purpose: PURPOSE[random.below(PURPOSE.length)]!,
      owns_home: random.uniform() < 0.4,
      late_payments: Math.floor(4 * random.uniform() ** 2),
    };
    const probability = 1 / (1 + Math.exp(-repayment(loan, income)));
    return { ...loan, outcome: random.uniform() < probability ? 'repaid' : 'defaulted' };
  });
}

/** Log-odds of repaying: the burden of the instalments against the income, and the applicant's history. */
function repayment(loan: Loan, income: number): number {
  const burden = loan.amount / loan.months / income;
  return (
    2.2 -
    6 * burden -
    0.9 * loan.late_payments +
    (loan.owns_home ? 0.6 : 0) -
    (loan.employment === 'unemployed' ? 1.2 : 0) -
    (loan.purpose === 'debt' ? 0.4 : 0)
  );
}
