import { SuretyError } from '../errors.ts';
import type { FeatureMap, RawData } from '../features/feature-map.ts';
import type { DatasetLimits } from '../ingest/dataset.ts';
import type { PartitionRidge } from '../ridge/partition-ridge.ts';
import { type Ensemble, ensembleOf, hasOwnMaps, type Member } from './ensemble.ts';
import { fitFeatures } from './fit-features.ts';
import { fitRidge } from './fit-ridge.ts';
import { selectRows, selectVectors } from './select-rows.ts';
import type { ModelSettings } from './settings.ts';

/** A training set, and its rows after the feature map that was fitted to all of them. */
export interface Encoded {
  readonly data: RawData;
  readonly notFeatures: readonly string[];
  readonly map: FeatureMap;
  readonly features: Float32Array;
}

/**
 * Fits one classifier to each partition, without the labels: on the features of the model, or, against changed
 * rows, with a feature map of its own, so that each is a function of its own rows and the settings alone. A
 * partition that cannot be fitted is left without a classifier, for the same reason, and is no error
 * (certificates.md section 5.2).
 *
 * Throws a SuretyError when the members' own features would be too many. Gives other requests turns. Cost for n_p
 * rows: O(n_p d min(n_p, d)).
 */
export async function fitEnsemble(
  encoded: Encoded,
  settings: ModelSettings,
  partitions: readonly Int32Array[],
  limits: DatasetLimits,
): Promise<Ensemble> {
  const ownMaps = hasOwnMaps(settings, encoded.data.kind);
  if (ownMaps) checkOwnFeatures(encoded, partitions.length, limits);
  const members: Member[] = [];
  for (const rows of partitions) {
    const fitted =
      rows.length === 0
        ? null
        : await orNull(() =>
            ownMaps ? fitOwn(encoded, settings, rows, limits) : fitShared(encoded, settings, rows),
          );
    members.push({ rows, map: fitted?.map ?? null, ridge: fitted?.ridge ?? null });
  }
  return ensembleOf(members);
}

type Fitted = Pick<Member, 'map'> & { readonly ridge: PartitionRidge };

async function fitShared(
  { features, map }: Encoded,
  settings: ModelSettings,
  rows: Int32Array,
): Promise<Fitted> {
  const { width } = map;
  const form = formFor(rows.length, width);
  const { ridge } = await fitRidge(selectVectors(features, width, rows), width, settings, form);
  return { map: null, ridge: { ...ridge, features, form, rowNumbers: rows } };
}

async function fitOwn(
  { data, notFeatures }: Encoded,
  settings: ModelSettings,
  rows: Int32Array,
  limits: DatasetLimits,
): Promise<Fitted> {
  const own = selectRows(data, rows, notFeatures);
  const { map, features } = await fitFeatures(own, settings.features, notFeatures, limits);
  const form = formFor(rows.length, map.width);
  const { ridge } = await fitRidge(features, map.width, settings, form);
  return { map, ridge: { ...ridge, form, rowNumbers: null } };
}

/** The form with the smaller matrix. */
function formFor(rows: number, width: number): PartitionRidge['form'] {
  return rows < width ? 'dual' : 'primal';
}

/** What makes a partition's fit fail depends on its rows alone, so that failing is part of its classifier. */
async function orNull<Result>(attempt: () => Promise<Result>): Promise<Result | null> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return null;
  }
}

/** The model's features, those of the members, and the members' random frequencies together. */
function checkOwnFeatures({ data, map }: Encoded, count: number, limits: DatasetLimits): void {
  const frequencies = count * (map.fourier?.frequencies.length ?? 0);
  const cells = 2 * data.rows * map.width + frequencies;
  if (cells > limits.cells) {
    throw new SuretyError(
      'too_many_cells',
      `with a feature map for each of ${count} partitions the model has ${cells} values, at most ${limits.cells} are accepted (SURETY_MAX_CELLS)`,
    );
  }
}
