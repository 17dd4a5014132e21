import { hasCode, SuretyError } from '../errors.ts';
import type { FeatureMap, RawData } from '../features/feature-map.ts';
import type { DatasetLimits } from '../ingest/dataset.ts';
import { wholeRows } from '../kernel/memory/feature-rows.ts';
import type { SharedRows } from '../kernel/memory/shared-rows.ts';
import { type Ensemble, hasOwnMaps, type Member } from '../model/ensemble.ts';
import type { MemberRows } from '../model/fit-member.ts';
import type { ModelSettings } from '../model/settings.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import type { Workers } from '../workers/workers.ts';
import { fitFeatures } from './fit-features.ts';
import { selectRows, selectVectors } from './select-rows.ts';

/** A training set, and its rows after the feature map that was fitted to all of them. */
export interface EncodedTrainingSet {
  readonly data: RawData;
  readonly notFeatures: readonly string[];
  readonly map: FeatureMap;
  readonly features: SharedRows;
}

/**
 * Fits one classifier to each partition, without the labels: on the features of the model, or, against changed
 * rows, with a feature map of its own, so that each is a function of its own rows and the settings alone. A
 * partition that cannot be fitted is left without a classifier, for the same reason, and is no error
 * (certificates.md section 5.2).
 *
 * Throws a SuretyError when the members' own features would be too many. The workers share the members. Cost for n_p
 * rows: O(n_p d min(n_p, d)).
 */
export async function fitEnsemble(
  encoded: EncodedTrainingSet,
  settings: ModelSettings,
  partitions: readonly Int32Array[],
  limits: DatasetLimits,
  workers: Workers,
): Promise<Pick<Ensemble, 'members'>> {
  const ownMaps = hasOwnMaps(settings, encoded.data.kind);
  if (ownMaps) checkOwnFeatures(encoded, partitions.length, limits);
  const fitOne = (rows: Int32Array) =>
    ownMaps ? fitOwn(encoded, settings, rows, limits, workers) : fitShared(encoded, settings, rows, workers);
  const members: Member[] = [];
  for (let first = 0; first < partitions.length; first += workers.count) {
    const fitted = partitions.slice(first, first + workers.count).map(async (rows): Promise<Member> => {
      const own = rows.length === 0 ? null : await orNull(() => fitOne(rows));
      return { rows, map: own?.map ?? null, ridge: own?.ridge ?? null };
    });
    members.push(...(await Promise.all(fitted)));
  }
  return { members };
}

type Fitted = Pick<Member, 'map'> & { readonly ridge: PartitionRidge };

async function fitShared(
  { features, map }: EncodedTrainingSet,
  settings: ModelSettings,
  rows: Int32Array,
  workers: Workers,
): Promise<Fitted> {
  const own = selectVectors(features, rows);
  const fitted = await fitMemberIn(workers, { features: own, width: map.width }, settings);
  return { map: null, ridge: { ...fitted, features, rowNumbers: rows } };
}

async function fitOwn(
  { data, notFeatures }: EncodedTrainingSet,
  settings: ModelSettings,
  rows: Int32Array,
  limits: DatasetLimits,
  workers: Workers,
): Promise<Fitted> {
  const own = selectRows(data, rows, notFeatures);
  const make = (count: number, width: number) => wholeRows(new Float32Array(count * width), width);
  const { map, features } = await fitFeatures(own, settings.features, notFeatures, limits, make);
  const encoded = { features: features.shards[0]!, width: map.width };
  return { map, ridge: { ...(await fitMemberIn(workers, encoded, settings)), features, rowNumbers: null } };
}

/** Fits a member in the form with the smaller matrix. */
async function fitMemberIn(
  workers: Workers,
  { features, width }: Pick<MemberRows, 'features' | 'width'>,
  { centre, intercept, lambda }: ModelSettings,
): Promise<Omit<PartitionRidge, 'features' | 'rowNumbers'>> {
  const rows = features.length / width;
  const form = rows < width ? 'dual' : 'primal';
  const settings = { centre, lambda };
  const work = rows * width * Math.min(rows, width) + Math.min(rows, width) ** 3 / 3;
  const fitted = await workers.run('fitMember', { features, width, settings, form }, work);
  if (form === 'primal') workers.letGo(8 * width ** 2);
  return { ...fitted, form, intercept, rows };
}

/**
 * Why a partition's rows give nothing to fit: no feature is left of them, a value overflows, or lambda does not fit them. All
 * are functions of its rows and the settings alone, so that they are part of its classifier. Nothing else is: a partition that
 * a failure left out would vote otherwise in the same model.
 */
const UNFITTABLE = ['no_features', 'not_finite', 'invalid_settings'] as const;

async function orNull<Result>(attempt: () => Promise<Result>): Promise<Result | null> {
  try {
    return await attempt();
  } catch (error) {
    if (!hasCode(error, UNFITTABLE)) throw error;
    return null;
  }
}

/** The model's features, those of the members, and the members' random frequencies together. */
function checkOwnFeatures({ data, map }: EncodedTrainingSet, count: number, limits: DatasetLimits): void {
  const frequencies = count * (map.fourier?.frequencies.length ?? 0);
  const cells = 2 * data.rows * map.width + frequencies;
  if (cells > limits.cells) {
    throw new SuretyError(
      'too_many_cells',
      `with a feature map for each of ${count} partitions the model has ${cells} values, at most ${limits.cells} are accepted (SURETY_MAX_CELLS)`,
    );
  }
}
