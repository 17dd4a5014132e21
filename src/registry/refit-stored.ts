import type { RawData } from '../features/feature-map.ts';
import { dealRows } from '../fit/deal-rows.ts';
import { fitModel } from '../fit/fit-model.ts';
import type { Dataset } from '../ingest/dataset.ts';
import { canonicalJson } from '../model/canonical-json.ts';
import { readColumn } from '../model/content.ts';
import type { Model } from '../model/model.ts';
import { derivedParts, stateOf } from '../model/model-parts.ts';
import type { State } from '../model/model-source.ts';
import { inSteps } from '../process/taking-turns.ts';
import { bytesOf, DamagedModelError, type ModelStore, type Parts } from '../store/model-store.ts';
import type { Workers } from '../workers/workers.ts';

/** It was registered, so that it was within the limits of then. */
const NO_LIMITS = { rows: Infinity, features: Infinity, cells: Infinity };

/**
 * Computes all that is derived anew from what was sent, and compares it bit for bit with the parts that the model was read
 * from. Throws a DamagedModelError that names the part that differs. The warnings in `state` are no part of it: some were
 * found while the data were read, which are no longer there. Cost: that of a registration, and its memory.
 */
export async function refitStored(
  store: ModelStore,
  model: Model,
  parts: Parts,
  workers: Workers,
): Promise<void> {
  const { partitions } = model.settings;
  const dataset = await datasetOf(store, model);
  const dealt = partitions && (await dealRows(dataset, partitions));
  const derived = await fitModel(dataset, model.settings, dealt, NO_LIMITS, workers);
  const fresh = await inSteps(derivedParts(derived));
  const sent = Object.keys(model.manifest.sha256);
  for (const part of new Set([...fresh.keys(), ...parts.keys()])) {
    if (part === 'manifest' || part === 'state' || sent.includes(part)) continue;
    const expected = fresh.get(part)?.sha256;
    if (expected !== parts.get(part)?.sha256)
      throw new DamagedModelError(`part '${part}' is not what a fit to the stored data gives`);
  }
  if (textOf(stateOf(derived)) !== textOf(model.source.state))
    throw new DamagedModelError("part 'state' is not what a fit to the stored data gives");
}

/** Columns that are no features are a set; models registered before there were partitions say nothing of them. */
function textOf({ map, ensemble, ...state }: State): string {
  const ignored = [...map.ignored].sort();
  return canonicalJson({ ...state, map: { ...map, ignored }, ensemble: ensemble ?? null, warnings: [] });
}

/** What was sent, as the store has it. */
async function datasetOf(store: ModelStore, { name, version, manifest, labels }: Model): Promise<Dataset> {
  const { columns, rows, classes, target = null } = manifest;
  const kind = columns === undefined ? 'vectors' : 'table';
  const part = await store.readPart(name, version, kind);
  if (part.sha256 !== manifest.sha256[kind])
    throw new DamagedModelError(`part '${kind}' does not match the digest`);
  const data: RawData =
    columns === undefined
      ? vectorsIn(bytesOf(part), rows)
      : { kind: 'table', rows, columns: columns.map((column) => readColumn(manifest, part, column.name)) };
  return {
    data,
    labels: { classes, codes: labels },
    target,
    ignored: (columns ?? []).flatMap((column) => (column.ignored ? column.name : [])),
    declared: { columnTypes: [], classes: true },
    warnings: [],
  };
}

function vectorsIn({ buffer, byteOffset, byteLength }: Uint8Array, rows: number): RawData {
  const values = new Float32Array(buffer, byteOffset, byteLength / 4);
  return { kind: 'vectors', rows, width: values.length / rows, values };
}
