import { SeededRandom } from '../../../../src/kernel/seeded-random.ts';
import { REGISTRATION } from '../../models/loans.ts';
import { VECTORS } from '../examples.ts';
import { deepThreat } from './threats.ts';

const CROWD_ROWS = 12_000;
/** As many as `invariantTo` may name. */
export const CROWD_COLUMNS = 16;
const CLASSES = ['a', 'b', 'c'];

/** What is registered once, never changed by what is sent, and asked for much. */
export interface KeptModel {
  readonly name: string;
  readonly classes: number;
  readonly instances: readonly unknown[];
}

export const CONTROL: KeptModel = {
  name: 'control',
  classes: 2,
  instances: REGISTRATION.records.slice(0, 3).map(({ outcome: _, ...loan }) => loan),
};

export const CROWD: KeptModel = {
  name: 'crowd',
  classes: CLASSES.length,
  instances: [Array.from({ length: CROWD_COLUMNS }, (_, k) => k % 7), Array(CROWD_COLUMNS).fill(0)],
};

/** Of so few rows that a million samples of them are soon drawn. */
export const FEW: KeptModel = {
  name: 'few',
  classes: 3,
  instances: VECTORS.features.slice(0, 1),
};

export const KEPT: readonly KeptModel[] = [CONTROL, CROWD, FEW];

/** The registrations of all, some with threats that may be asked for by name. */
export function keptRegistrations(): object[] {
  const random = new SeededRandom(11);
  const features = Array.from({ length: CROWD_ROWS }, () =>
    Array.from({ length: CROWD_COLUMNS }, () => random.below(10)),
  );
  const half = Array.from({ length: CROWD_ROWS / 2 }, (_, row) => 2 * row);
  return [
    {
      ...REGISTRATION,
      name: CONTROL.name,
      threats: { cars: { rows: { column: 'purpose', in: ['car'] } }, deep: { rows: deepThreat(8, 998, 1) } },
    },
    {
      name: CROWD.name,
      features,
      labels: features.map(([first, second]) => CLASSES[(first! + second!) % CLASSES.length]),
      threats: { half: { rows: { indices: half } } },
    },
    { ...VECTORS, name: FEW.name },
  ];
}
