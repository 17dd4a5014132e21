import { FeatureMap, type FeatureMapState } from '../features/feature-map.ts';
import { wholeRows } from '../kernel/memory/feature-rows.ts';
import { packedLength } from '../kernel/memory/packed-length.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import { DamagedModelError, type Part } from '../store/model-store.ts';
import { joined, partOf } from './content.ts';
import { type Ensemble, ensembleOf, type Member } from './ensemble.ts';

/** The small values of a member, as JSON; its arrays are slices of the parts below, one after the other. */
export interface MemberState {
  readonly rows: number;
  readonly form: PartitionRidge['form'] | null;
  readonly map: FeatureMapState | null;
  readonly fourierComponents: number | null;
}

/** What the members share with their model. */
type Shared = Pick<PartitionRidge, 'features' | 'intercept'> & {
  readonly map: FeatureMap;
  readonly classes: number;
};

export function memberStates({ members }: Pick<Ensemble, 'members'>): MemberState[] {
  return members.map(({ rows, map, ridge }) => ({
    rows: rows.length,
    form: ridge?.form ?? null,
    map: map?.state ?? null,
    fourierComponents: map?.fourier?.components ?? null,
  }));
}

/** The arrays of all members, one part a kind; kinds that no member has are left out. In steps. */
export function* ensembleParts({ members }: Pick<Ensemble, 'members'>): Generator<void, Map<string, Part>> {
  const arrays: Record<string, ArrayBufferView[]> = {
    'ensemble-rows': members.map(({ rows }) => rows),
    'ensemble-means': members.flatMap(({ ridge }) => ridge?.means ?? []),
    'ensemble-factors': members.flatMap(({ ridge }) => ridge?.factor ?? []),
    'ensemble-features': members.flatMap(({ map, ridge }) => (map && ridge?.features.shards) ?? []),
    'ensemble-frequencies': members.flatMap(({ map }) => map?.fourier?.frequencies ?? []),
  };
  const parts = new Map<string, Part>();
  for (const [name, pieces] of Object.entries(arrays)) {
    if (pieces.length > 0) parts.set(name, yield* partOf(yield* joined(pieces)));
  }
  return parts;
}

/**
 * The ensemble that the arrays of its parts describe; those of the members are views of them. Throws a DamagedModelError
 * when one is missing, a RangeError when one is too short.
 */
export function ensembleFromArrays(
  states: readonly MemberState[],
  shared: Shared,
  arrays: ReadonlyMap<string, Uint8Array>,
): Ensemble {
  const read = new Map<string, number>();
  const next = (name: string, bytes: number): [ArrayBufferLike, number] => {
    const data = arrays.get(name);
    if (data === undefined) throw new DamagedModelError(`part '${name}' is missing`);
    const from = read.get(name) ?? 0;
    read.set(name, from + bytes);
    return [data.buffer, data.byteOffset + from];
  };
  const doubles = (name: string, length: number) => new Float64Array(...next(name, 8 * length), length);
  const members = states.map((state): Member => {
    const rows = new Int32Array(...next('ensemble-rows', 4 * state.rows), state.rows);
    if (state.form === null) return { rows, map: null, ridge: null };
    const map = state.map && readMap(state.map, state.fourierComponents, doubles);
    const width = (map ?? shared.map).width;
    const own = state.rows * width;
    const ridge: PartitionRidge = {
      features:
        map === null
          ? shared.features
          : wholeRows(new Float32Array(...next('ensemble-features', 4 * own), own), width),
      means: doubles('ensemble-means', width),
      factor: doubles('ensemble-factors', packedLength(state.form === 'primal' ? width : state.rows)),
      intercept: shared.intercept,
      rows: state.rows,
      form: state.form,
      rowNumbers: map === null ? rows : null,
    };
    return { rows, map, ridge };
  });
  return ensembleOf(members, shared.map.width, shared.classes);
}

function readMap(
  state: FeatureMapState,
  components: number | null,
  doubles: (name: string, length: number) => Float64Array,
): FeatureMap {
  const map = new FeatureMap(state, null);
  if (components === null) return map;
  const frequencies = doubles('ensemble-frequencies', components * (map.width + 1));
  return new FeatureMap(state, { components, frequencies });
}
