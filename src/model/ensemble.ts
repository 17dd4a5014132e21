import { SuretyError } from '../errors.ts';
import type { FeatureMap, RawData } from '../features/feature-map.ts';
import { GainBuckets } from '../kernel/gain-buckets.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import type { ModelSettings } from './settings.ts';

/** The classifier of one partition of the training rows, without their labels. certificates.md section 5. */
export interface Member {
  /** Numbers of its training rows, in the order of their digests. */
  readonly rows: Int32Array;
  /** Fitted to its rows alone; null: the model's feature map. */
  readonly map: FeatureMap | null;
  /** Null where its rows give nothing to fit: then each contributes 0, or 1 / rows with an intercept. */
  readonly ridge: PartitionRidge | null;
}

/** One classifier for each partition; they vote. */
export interface Ensemble {
  readonly members: readonly Member[];
  readonly workspace: EnsembleWorkspace;
}

/** Memory for one member at a time, enough for the largest, and for the encoded instance. */
export interface EnsembleWorkspace {
  readonly query: Float32Array;
  readonly direction: Float64Array;
  readonly alpha: Float64Array;
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  readonly labels: Int32Array;
  readonly attackable: Uint8Array;
  readonly buckets: GainBuckets;
}

/** `width`: features of the model. */
export function ensembleOf(members: readonly Member[], width: number, classes: number): Ensemble {
  const largest = members.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const widest = members.reduce((most, { ridge }) => Math.max(most, ridge?.means.length ?? 0), width);
  return {
    members,
    workspace: {
      query: new Float32Array(widest),
      direction: new Float64Array(widest),
      alpha: new Float64Array(largest),
      sums: new Float64Array(classes),
      magnitudes: new Float64Array(classes),
      labels: new Int32Array(largest),
      attackable: new Uint8Array(largest),
      buckets: new GainBuckets(largest),
    },
  };
}

/** A model's ensemble. Throws a SuretyError when it has none. */
export function requireEnsemble({ ensemble }: { readonly ensemble: Ensemble | null }): Ensemble {
  if (ensemble !== null) return ensemble;
  throw new SuretyError(
    'invalid_settings',
    'method partition: the model has no partitions; register it with settings.partitions',
  );
}

/**
 * Whether each member has a feature map of its own: against changed rows, unless ready-made features are taken as
 * they are. A function of the settings alone.
 */
export function hasOwnMaps({ partitions, features }: ModelSettings, kind: RawData['kind']): boolean {
  const { standardise, unitNorm, randomFourier } = features;
  return (
    partitions?.threat === 'rows' && (kind === 'table' || standardise || unitNorm || randomFourier !== null)
  );
}
