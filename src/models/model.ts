import type { DecisionRule } from '../certify/contest.ts';
import { FeatureMap, type FeatureMapState } from '../features/feature-map.ts';
import type { RandomFourier } from '../features/random-fourier.ts';
import { GainBuckets } from '../kernel/gain-buckets.ts';
import type { Ridge } from '../ridge/ridge.ts';
import {
  DamagedModelError,
  type Part,
  type Parts,
  type StoredVersion,
  sha256Hex,
} from '../store/model-store.ts';
import { type Manifest, partOf } from './content.ts';
import type { Ensemble } from './ensemble.ts';
import { ensembleFromParts, ensembleParts, type MemberState, memberStates } from './ensemble-parts.ts';
import { decisionRule, type ModelSettings } from './settings.ts';

/** What is derived from a model's content and stored with it, so that a start computes nothing again. */
export interface Derived {
  readonly map: FeatureMap;
  readonly ridge: Ridge;
  /** The lambda in use, absolute. */
  readonly lambda: number;
  /** Null when the settings ask for no partitions. */
  readonly ensemble: Ensemble | null;
  readonly warnings: readonly string[];
}

/** A registered model, in memory, ready to certify. */
export interface Model extends StoredVersion, Derived {
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  /** Rows of each class. */
  readonly counts: readonly number[];
  readonly manifest: Manifest;
  readonly settings: ModelSettings;
  readonly rule: DecisionRule;
  readonly workspace: Workspace;
}

/** Memory that a query needs while it is certified; queries of a model take turns. */
export interface Workspace {
  readonly query: Float32Array;
  readonly direction: Float64Array;
  readonly alpha: Float64Array;
  readonly sums: Float64Array;
  readonly magnitudes: Float64Array;
  readonly buckets: GainBuckets;
}

/** Settings that models registered before these existed do not have. */
const BEFORE = { weights: 'raw', partitions: null } as const;

export function makeModel(
  stored: StoredVersion,
  manifest: Manifest,
  labels: Int32Array,
  derived: Derived,
): Model {
  const { name, version, digest, createdAt } = stored;
  const { classes } = manifest;
  const settings = { ...BEFORE, ...manifest.settings };
  const rule = decisionRule(settings, classes);
  const counts = classes.map(() => 0);
  for (const label of labels) counts[label] = counts[label]! + 1;
  const workspace = makeWorkspace(labels.length, derived.map.width, classes.length);
  return {
    name,
    version,
    digest,
    createdAt,
    ...derived,
    classes,
    labels,
    counts,
    manifest,
    settings,
    rule,
    workspace,
  };
}

function makeWorkspace(rows: number, width: number, classes: number): Workspace {
  return {
    query: new Float32Array(width),
    direction: new Float64Array(width),
    alpha: new Float64Array(rows),
    sums: new Float64Array(classes),
    magnitudes: new Float64Array(classes),
    buckets: new GainBuckets(rows),
  };
}

/** The small derived values, as JSON in part `state`. */
interface State {
  readonly map: FeatureMapState;
  readonly fourierComponents: number | null;
  readonly intercept: boolean;
  readonly lambda: number;
  /** Missing where a model was registered before there were partitions. */
  readonly ensemble?: readonly MemberState[] | null;
  readonly warnings: readonly string[];
}

/** The parts that hold what is derived. Features that equal the registered vectors are not stored twice. */
export function derivedParts(derived: Derived): Map<string, Part> {
  const { map, ridge, lambda, ensemble, warnings } = derived;
  const state: State = {
    map: map.state,
    fourierComponents: map.fourier?.components ?? null,
    intercept: ridge.intercept,
    lambda,
    ensemble: ensemble && memberStates(ensemble),
    warnings,
  };
  const parts = new Map([
    ['state', partOf(Buffer.from(JSON.stringify(state)))],
    ['means', partOf(ridge.means)],
    ['factor', partOf(ridge.factor)],
  ]);
  if (!map.isIdentity) parts.set('features', partOf(ridge.features));
  if (map.fourier !== null) parts.set('frequencies', partOf(map.fourier.frequencies));
  return ensemble === null ? parts : new Map([...parts, ...ensembleParts(ensemble)]);
}

/**
 * The model that a stored version's parts describe. Throws a DamagedModelError when they do not belong
 * together.
 */
export function modelFromParts(stored: StoredVersion, parts: Parts): Model {
  const part = (name: string): Part => {
    const found = parts.get(name);
    if (found === undefined) throw new DamagedModelError(`part '${name}' is missing`);
    return found;
  };
  const manifestText = Buffer.from(part('manifest').data).toString();
  if (`sha256:${sha256Hex(manifestText)}` !== stored.digest) {
    throw new DamagedModelError('the manifest does not match the digest');
  }
  const manifest: Manifest = JSON.parse(manifestText);
  for (const [name, sha256] of Object.entries(manifest.sha256)) {
    if (part(name).sha256 !== sha256) throw new DamagedModelError(`part '${name}' does not match the digest`);
  }
  const state: State = JSON.parse(Buffer.from(part('state').data).toString());
  const fourier: RandomFourier | null =
    state.fourierComponents === null
      ? null
      : { components: state.fourierComponents, frequencies: doubles(part('frequencies')) };
  const map = new FeatureMap(state.map, fourier);
  const features = part(map.isIdentity ? 'vectors' : 'features').data;
  const ridge: Ridge = {
    features: new Float32Array(features.buffer, features.byteOffset, features.byteLength / 4),
    means: doubles(part('means')),
    factor: doubles(part('factor')),
    intercept: state.intercept,
    rows: manifest.rows,
  };
  const labels = part('labels').data;
  const codes = new Int32Array(labels.buffer, labels.byteOffset, labels.byteLength / 4);
  const { lambda, warnings } = state;
  const { intercept } = ridge;
  const ensemble = state.ensemble
    ? ensembleFromParts(state.ensemble, { map, features: ridge.features, intercept }, part)
    : null;
  return makeModel(stored, manifest, codes, { map, ridge, lambda, ensemble, warnings });
}

function doubles({ data }: Part): Float64Array {
  return new Float64Array(data.buffer, data.byteOffset, data.byteLength / 8);
}
