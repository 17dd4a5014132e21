import type { ExactCertificate } from '../../certify/exact.ts';
import type { Query } from '../../certify/query.ts';
import type { ThreatModel } from '../../certify/threat.ts';

/** A certified prediction to be explained. `query` and `h` are the model's workspace. */
export interface Explained {
  readonly instance: unknown;
  /** The encoded instance (d). */
  readonly h: Float32Array;
  readonly query: Query;
  readonly prediction: number;
  readonly certificate: ExactCertificate;
  readonly threat: ThreatModel;
}
