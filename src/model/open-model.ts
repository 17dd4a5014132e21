import { FeatureMap } from '../features/feature-map.ts';
import type { RandomFourier } from '../features/random-fourier.ts';
import { SharedRows } from '../kernel/memory/shared-rows.ts';
import type { SharedRidge } from '../ridge/contribution-pass.ts';
import { SharedFactor } from '../ridge/shared-factor.ts';
import { DamagedModelError } from '../store/model-store.ts';
import { ensembleFromArrays } from './ensemble-parts.ts';
import type { Model } from './model.ts';
import type { ModelSource, State } from './model-source.ts';
import { decisionRule } from './settings.ts';
import type { Thread } from './thread.ts';
import { Workspace } from './workspace.ts';

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
