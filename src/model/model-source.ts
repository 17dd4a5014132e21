import { FeatureMap, type FeatureMapState } from '../features/feature-map.ts';
import type { RandomFourier } from '../features/random-fourier.ts';
import { SharedRows, type SharedRowsHandle } from '../kernel/shared-rows.ts';
import type { SharedRidge } from '../ridge/contribution-pass.ts';
import { SharedFactor, type SharedFactorHandle } from '../ridge/shared-factor.ts';
import { DamagedModelError, type StoredVersion } from '../store/model-store.ts';
import type { Manifest } from './content.ts';
import { ensembleFromArrays, type MemberState } from './ensemble-parts.ts';
import type { Model } from './model.ts';
import { decisionRule, type ModelSettings } from './settings.ts';
import type { Thread } from './thread.ts';
import { Workspace } from './workspace.ts';

/** The small derived values of a model, as JSON in part `state`. */
export interface State {
  readonly map: FeatureMapState;
  readonly fourierComponents: number | null;
  readonly intercept: boolean;
  readonly lambda: number;
  /** Missing where a model was registered before there were partitions. */
  readonly ensemble?: readonly MemberState[] | null;
  readonly warnings: readonly string[];
}

/** A model as it is posted from thread to thread: plain data, and memory that all of them share. */
export interface ModelSource {
  /** Of this source in this process. */
  readonly id: number;
  readonly stored: StoredVersion;
  readonly manifest: Manifest;
  /** Those of the manifest, complete, or varied. */
  readonly settings: ModelSettings;
  readonly state: State;
  readonly rows: SharedRowsHandle;
  readonly factor: SharedFactorHandle;
  readonly labels: Int32Array;
  readonly means: Float64Array;
  /** Parts `frequencies` and `ensemble-*`, by name. */
  readonly arrays: ReadonlyMap<string, Uint8Array>;
}

let lastId = 0;

export function newSourceId(): number {
  return ++lastId;
}

/** Opens a model in a thread. Cost: O(n + K d) for the views and counts; no features are copied. */
export function openModel(source: ModelSource, thread: Thread): Model {
  const { stored, manifest, settings, state, labels, means, arrays } = source;
  const { classes } = manifest;
  const features = new SharedRows(source.rows);
  const shared = new SharedFactor(source.factor);
  const { intercept, lambda, warnings } = state;
  const map = featureMapOf(state, arrays);
  const ridge: SharedRidge = {
    features,
    shared,
    factor: shared.packed,
    means,
    intercept,
    rows: features.rows,
  };
  const ensemble = state.ensemble
    ? ensembleFromArrays(state.ensemble, { map, features, intercept, classes: classes.length }, arrays)
    : null;
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = counts[label]! + 1;
  let workspace: Workspace | null = null;
  return {
    ...stored,
    map,
    ridge,
    lambda,
    ensemble,
    warnings,
    classes,
    labels,
    counts,
    manifest,
    settings,
    rule: decisionRule(settings, classes),
    source,
    get workspace() {
      workspace ??= new Workspace(ridge, labels, classes.length, thread);
      return workspace;
    },
  };
}

function featureMapOf({ map, fourierComponents }: State, arrays: ModelSource['arrays']): FeatureMap {
  if (fourierComponents === null) return new FeatureMap(map, null);
  const found = arrays.get('frequencies');
  if (found === undefined) throw new DamagedModelError("part 'frequencies' is missing");
  const { buffer, byteOffset, byteLength } = found;
  const frequencies = new Float64Array(buffer, byteOffset, byteLength / 8);
  const fourier: RandomFourier = { components: fourierComponents, frequencies };
  return new FeatureMap(map, fourier);
}
