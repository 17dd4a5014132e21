import type { FeatureMapState } from '../features/feature-map.ts';
import type { SharedRowsHandle } from '../kernel/memory/shared-rows.ts';
import type { SharedFactorHandle } from '../ridge/shared-factor.ts';
import type { StoredVersion } from '../store/model-store.ts';
import type { Manifest } from './content.ts';
import type { MemberState } from './ensemble-parts.ts';
import type { ModelSettings } from './settings.ts';

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

/** As it goes to another thread, which certifies only: without the levels of columns that are no features, of which there may be a million. */
export function forCertifying(source: ModelSource): ModelSource {
  const { manifest } = source;
  if (!manifest.columns?.some(({ ignored, levels }) => ignored && levels !== undefined)) return source;
  const columns = manifest.columns.map(({ levels, ...column }) =>
    column.ignored || levels === undefined ? column : { ...column, levels },
  );
  return { ...source, manifest: { ...manifest, columns } };
}

let lastId = 0;

export function newSourceId(): number {
  return ++lastId;
}
