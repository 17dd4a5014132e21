import type { Proof } from '../certify/smoothed.ts';
import type { ErrorCode } from '../errors.ts';
import type { Cell } from '../features/column.ts';

interface CertificateBase {
  readonly flips: number;
  /** flips / n */
  readonly fraction: number;
}

export interface ExactResult extends CertificateBase {
  readonly method: 'exact';
  readonly guarantee: 'deterministic';
  readonly breaksWith: number | null;
  readonly unbreakable: boolean;
}

export interface SmoothedResult extends CertificateBase {
  readonly method: 'smoothed';
  readonly guarantee: 'deterministic';
  readonly q: number;
  readonly by: Proof;
  readonly klFlips: number;
  readonly neymanPearsonFlips: number;
  readonly linearFlips: number;
  /** Null when the failure is impossible. */
  readonly logFailure: number | null;
}

export interface MonteCarloResult extends CertificateBase {
  readonly method: 'monte-carlo';
  readonly guarantee: 'probabilistic';
  readonly q: number;
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
  /** Samples that elected each class, by name; those too close to call are in none. */
  readonly votes: Record<string, number>;
  readonly pLower: number;
}

interface PartitionBase extends CertificateBase {
  readonly method: 'partition';
  readonly guarantee: 'deterministic';
  readonly partitions: number;
  /** Of each class, by name. */
  readonly votes: Readonly<Record<string, number>>;
}

/** Of an ensemble whose rows are dealt by their features. */
export interface LabelPartitionResult extends PartitionBase {
  readonly threat: 'labels';
  readonly blackBoxFlips: number;
  readonly whiteBoxFlips: number;
}

/** Of an ensemble whose rows are dealt by their features and class. */
export interface RowPartitionResult extends PartitionBase {
  readonly threat: 'rows';
  readonly insertionsOrDeletions: number;
  readonly rewrittenRows: number;
}

export type PartitionResult = LabelPartitionResult | RowPartitionResult;

export type CertificateResult = ExactResult | SmoothedResult | MonteCarloResult | PartitionResult;

/** What a method answers about one instance, in the names of the interface: classes by name. */
export interface Verdict {
  readonly prediction: string | null;
  readonly abstained: boolean;
  readonly scores: Record<string, number>;
  readonly margin: number | null;
  readonly certificate: CertificateResult | null;
  readonly explanation?: Explanation;
  readonly warnings?: string[];
}

/** What was asked for in `explain`. Its docs are in schemas/explain.ts. */
export interface Explanation {
  readonly breakingSet?: { row: number; from: string; to: string }[] | null;
  /** Null where it is infinite. */
  readonly radius?: { l2: number | null; linf: number | null; proven: boolean };
  readonly reasons?: { column: string; contribution: number }[];
  readonly baseline?: number;
  readonly influentialRows?: { row: number; label: string; contribution: number }[];
  readonly invariance?: Invariance;
}

export interface Invariance {
  readonly columns: string[];
  /** Null: neither proven nor shown to turn. */
  readonly invariant: boolean | null;
  /** Values of the columns that change, and the prediction that they get. */
  readonly counterfactual?: Record<string, Cell>;
  readonly prediction?: string;
}

/** A certified prediction. */
export interface Certified extends Verdict {
  readonly outcome?: 'accept' | 'refer';
}

/** An instance that could not be certified. */
export interface Refused {
  readonly error: { readonly code: ErrorCode; readonly detail: string };
}
