import type { DecisionRule } from '../certify/contest.ts';
import type { FeatureMap } from '../features/feature-map.ts';
import type { SharedRidge } from '../ridge/contribution-pass.ts';
import type { StoredVersion } from '../store/model-store.ts';
import type { Manifest } from './content.ts';
import type { Ensemble } from './ensemble.ts';
import type { ModelSource } from './model-source.ts';
import type { ModelSettings } from './settings.ts';
import type { Workspace } from './workspace.ts';

/** What is derived from a model's content and stored with it, so that a start computes nothing again. */
export interface Derived {
  readonly map: FeatureMap;
  readonly ridge: SharedRidge;
  /** The lambda in use, absolute. */
  readonly lambda: number;
  /** Null when the settings ask for no partitions. */
  readonly ensemble: Pick<Ensemble, 'members'> | null;
  readonly warnings: readonly string[];
}

/** A registered model in memory, as one thread sees it. */
export interface Model extends StoredVersion, Derived {
  readonly ensemble: Ensemble | null;
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  /** Rows of each class. */
  readonly counts: readonly number[];
  readonly manifest: Manifest;
  readonly settings: ModelSettings;
  readonly rule: DecisionRule;
  /** What other threads open the same model from. */
  readonly source: ModelSource;
  /** The thread's own memory, made on first use; queries of a model take turns in it. */
  readonly workspace: Workspace;
}

/** Bytes of its features, factor, labels and ensemble, which all threads share. */
export function bytesOf({ ridge, labels, source }: Pick<Model, 'ridge' | 'labels' | 'source'>): number {
  const arrays = [
    ...ridge.features.shards,
    ridge.shared.packed,
    ridge.means,
    labels,
    ...source.arrays.values(),
  ];
  return arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
