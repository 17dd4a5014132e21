import { FeatureMap } from '../features/feature-map.ts';
import { SharedRows } from '../kernel/memory/shared-rows.ts';
import { SharedFactor } from '../ridge/shared-factor.ts';
import {
  type Allocate,
  bytesOf,
  DamagedModelError,
  type Part,
  type Parts,
  type StoredVersion,
  sha256Hex,
} from '../store/model-store.ts';
import { bytesIn, copyPieces } from '../store/pieces.ts';
import { asBytes, type Manifest, partOf } from './content.ts';
import { ensembleParts, memberStates } from './ensemble-parts.ts';
import type { Derived } from './model.ts';
import { type ModelSource, newSourceId, type State } from './model-source.ts';
import { sharedBytes, sharedOf } from './shared-bytes.ts';

/** Settings that models registered before these existed do not have. */
const BEFORE = { weights: 'raw', partitions: null } as const;

/** The parts that hold what is derived, in steps. Features that equal the registered vectors are not stored twice. */
export function* derivedParts(derived: Derived): Generator<void, Map<string, Part>> {
  const { map, ridge, ensemble } = derived;
  const parts = new Map([
    ['state', yield* partOf(Buffer.from(JSON.stringify(stateOf(derived))))],
    ['means', yield* partOf(ridge.means)],
    ['factor', yield* partOf(ridge.factor)],
  ]);
  if (!map.isIdentity) parts.set('features', yield* partOf(...ridge.features.shards));
  if (map.fourier !== null) parts.set('frequencies', yield* partOf(map.fourier.frequencies));
  return ensemble === null ? parts : new Map([...parts, ...(yield* ensembleParts(ensemble))]);
}

export function stateOf({ map, ridge, lambda, ensemble, warnings }: Derived): State {
  return {
    map: map.state,
    fourierComponents: map.fourier?.components ?? null,
    intercept: ridge.intercept,
    lambda,
    ensemble: ensemble && memberStates(ensemble),
    warnings,
  };
}

/** What a source needs besides its parts. */
export interface Memories {
  readonly manifest: Manifest;
  readonly state: State;
  readonly rows: SharedRows;
  readonly factor: SharedFactor;
}

/** Those of a model that has just been fitted. */
export function memoriesOf(manifest: Manifest, derived: Derived): Memories {
  const { features, shared } = derived.ridge;
  return { manifest, state: stateOf(derived), rows: features, factor: shared };
}

/**
 * The memory that a stored model's parts are read into, so that all threads share it: features and factor with a slot for
 * each of `slots` threads. Made from the parts `manifest` and `state`, which are read first; what the digest covers is held
 * against it before anything is made room for. Throws a DamagedModelError when it differs.
 */
export class StoredMemories implements Memories {
  readonly manifest: Manifest;
  readonly state: State;
  readonly rows: SharedRows;
  readonly factor: SharedFactor;
  /** The part that holds the features. */
  readonly featuresPart: 'vectors' | 'features';

  constructor(digest: string, manifest: Part, state: Part, slots: number) {
    if (`sha256:${sha256Hex(bytesOf(manifest))}` !== digest) {
      throw new DamagedModelError('the manifest does not match the digest');
    }
    this.manifest = jsonOf(manifest);
    this.state = jsonOf(state);
    const map = new FeatureMap(this.state.map, null);
    const { fourierComponents } = this.state;
    const width = fourierComponents ?? map.width;
    this.featuresPart = fourierComponents === null && map.isIdentity ? 'vectors' : 'features';
    this.rows = SharedRows.make(this.manifest.rows, width, slots);
    this.factor = SharedFactor.make(width, slots);
  }

  /** For `ModelStore.read`. Throws a DamagedModelError when a part has not the size that it should have. */
  readonly allocate: Allocate = (part, bytes) => {
    const room = this.roomFor(part);
    if (room === undefined) return [sharedBytes(bytes)];
    const size = room?.reduce((sum, piece) => sum + piece.length, 0) ?? bytes;
    if (size === bytes) return room;
    throw new DamagedModelError(`part '${part}' has ${bytes} bytes, expected ${size}`);
  };

  /** Undefined: no place of its own. Null: raw data that only the store needs. */
  roomFor(part: string): readonly Uint8Array[] | null | undefined {
    if (part === this.featuresPart) return this.rows.shards.map(asBytes);
    if (part === 'factor') return [asBytes(this.factor.packed)];
    return part === 'table' || part === 'vectors' ? null : undefined;
  }
}

/**
 * The source of the model that a stored version's parts describe; features and factor that were read to another place are
 * copied into `memories`. Throws a DamagedModelError when the parts do not belong together.
 */
export function sourceFromParts(stored: StoredVersion, parts: Parts, memories: StoredMemories): ModelSource {
  const part = (name: string) => partNamed(parts, name);
  for (const [name, sha256] of Object.entries(memories.manifest.sha256)) {
    if (part(name).sha256 !== sha256) throw new DamagedModelError(`part '${name}' does not match the digest`);
  }
  for (const name of [memories.featuresPart, 'factor']) {
    const { pieces } = part(name);
    const room = memories.allocate(name, bytesIn(pieces))!;
    if (pieces[0]?.buffer !== room[0]?.buffer) copyPieces(pieces, room);
  }
  return assembleSource(stored, memories, parts);
}

/** Puts a source together; of the parts it takes what is not in `memories`. */
export function assembleSource(
  stored: StoredVersion,
  { manifest, state, rows, factor }: Memories,
  parts: Parts,
): ModelSource {
  const shared = (name: string) => sharedOf(partNamed(parts, name).pieces);
  const labels = shared('labels');
  const means = shared('means');
  if (labels.length !== 4 * manifest.rows)
    throw new DamagedModelError("part 'labels' has not one entry a row");
  const isArray = (name: string) => name === 'frequencies' || name.startsWith('ensemble-');
  return {
    id: newSourceId(),
    stored,
    manifest,
    settings: { ...BEFORE, ...manifest.settings },
    state,
    rows: rows.handle,
    factor: factor.handle,
    labels: new Int32Array(labels.buffer, labels.byteOffset, labels.byteLength / 4),
    means: new Float64Array(means.buffer, means.byteOffset, means.byteLength / 8),
    arrays: new Map([...parts.keys()].filter(isArray).map((name) => [name, shared(name)])),
  };
}

function partNamed(parts: Parts, name: string): Part {
  const found = parts.get(name);
  if (found === undefined) throw new DamagedModelError(`part '${name}' is missing`);
  return found;
}

function jsonOf<T>(part: Part): T {
  return JSON.parse(Buffer.from(bytesOf(part)).toString());
}
