/** The table that the documentation's examples register: sixteen synthetic loans, in the columns of `npm run demo`. */
export const EXAMPLE_MODEL = 'loan-applications';

export const EXAMPLE_COLUMNS = [
  'income',
  'amount',
  'months',
  'employment',
  'purpose',
  'owns_home',
  'late_payments',
  'outcome',
];

export const EXAMPLE_ROWS = [
  [4200, 8000, 24, 'salaried', 'car', true, 0, 'repaid'],
  [1900, 9500, 48, 'unemployed', 'debt', false, 4, 'defaulted'],
  [3600, 5000, 18, 'self-employed', 'business', true, 1, 'repaid'],
  [2100, 12000, 60, 'self-employed', 'debt', false, 3, 'defaulted'],
  [5100, 15000, 36, 'salaried', 'renovation', true, 0, 'repaid'],
  [null, 7000, 36, 'unemployed', 'car', false, 5, 'defaulted'],
  [3900, 4000, 12, 'salaried', 'car', false, 0, 'repaid'],
  [2600, 11000, 48, 'salaried', 'debt', false, 2, 'defaulted'],
  [4700, 6000, 24, 'retired', 'renovation', true, 0, 'repaid'],
  [1700, 3000, 24, 'unemployed', 'debt', false, 3, 'defaulted'],
  [3300, 7500, 30, 'salaried', 'business', true, 0, 'repaid'],
  [2300, 10000, 60, 'self-employed', 'business', false, 2, 'defaulted'],
  [4100, 3500, 12, 'retired', 'car', true, 1, 'repaid'],
  [2000, 8500, 36, 'salaried', 'debt', false, 4, 'defaulted'],
  [3800, 9000, 24, 'salaried', 'renovation', true, 0, 'repaid'],
  [2500, 14000, 60, 'self-employed', 'car', false, 1, 'defaulted'],
];

export const EXAMPLE_INSTANCE = {
  income: 4400,
  amount: 7000,
  months: 24,
  employment: 'salaried',
  purpose: 'car',
  owns_home: true,
  late_payments: 0,
};
