import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/models/canonical-json.ts';
import { contentOf } from '../../src/models/content.ts';
import { fitModel } from '../../src/models/fit-model.ts';
import { derivedParts, modelFromParts } from '../../src/models/model.ts';
import { DamagedModelError, type Part } from '../../src/store/model-store.ts';
import { failureOf } from '../support/data-refusal.ts';
import { bitsIn, certify } from '../support/data-registry.ts';
import { completeFrom, LIMITS } from '../support/data-settings.ts';
import { partOfBytes } from '../support/data-store.ts';
import { VARIANTS, type Variant } from '../support/data-variants.ts';

/** A version as a store would give it back. */
async function storedVersion({ dataset, settings }: Variant) {
  const data = await dataset();
  const complete = completeFrom(settings, data.labels.classes, data.data.kind);
  const content = contentOf(data, complete);
  const parts = new Map<string, Part>(content.parts);
  for (const [name, part] of derivedParts(await fitModel(data, complete, null, LIMITS)))
    parts.set(name, part);
  const { digest } = content;
  return { stored: { name: 'm', version: 1, digest, createdAt: '2026-08-01T12:00:00.000Z' }, parts };
}

/** Another part of the same length, with a checksum of its own. */
function changed({ data }: Part): Part {
  const bytes = Uint8Array.from(data);
  bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1;
  return partOfBytes(bytes);
}

const table = VARIANTS.find(({ title }) => title.startsWith('loans, after random'))!;
const vectors = VARIANTS.find(({ title }) => title === 'points, as they are')!;

describe('modelFromParts', () => {
  it('makes a model of the parts alone', async () => {
    const { stored, parts } = await storedVersion(table);
    const model = modelFromParts(stored, parts);
    expect(model).toMatchObject({ ...stored, classes: ['bad', 'good'] });
    const results = await certify(model, table.instances);
    expect(results.every((result) => 'prediction' in result)).toBe(true);
  });

  it('makes the same model whether parts lie alone in memory or not', async () => {
    const { stored, parts } = await storedVersion(vectors);
    const expected = bitsIn(await certify(modelFromParts(stored, parts), vectors.instances));
    const moved = new Map<string, Part>();
    for (const [name, { data, sha256 }] of parts) {
      const larger = new Uint8Array(data.length + 16);
      larger.set(data, 8);
      moved.set(name, { data: larger.subarray(8, data.length + 8), sha256 });
    }
    expect(bitsIn(await certify(modelFromParts(stored, moved), vectors.instances))).toBe(expected);
  });

  it('takes a model stored before there were weights and partitions for a raw one without', async () => {
    const { stored, parts } = await storedVersion(vectors);
    const expected = bitsIn(await certify(modelFromParts(stored, parts), vectors.instances));
    const { settings, ...rest } = JSON.parse(Buffer.from(parts.get('manifest')!.data).toString());
    const { weights, partitions, ...before } = settings;
    expect([weights, partitions]).toEqual(['raw', null]);
    const manifest = partOfBytes(Buffer.from(canonicalJson({ ...rest, settings: before })));
    const older = { ...stored, digest: `sha256:${manifest.sha256}` };
    const model = modelFromParts(older, new Map([...parts, ['manifest', manifest]]));
    expect(model.settings).toEqual(settings);
    expect(bitsIn(await certify(model, vectors.instances))).toBe(expected);
  });

  it.each([table, vectors])('refuses to do without any of the parts: $title', async (variant) => {
    const { stored, parts } = await storedVersion(variant);
    for (const name of parts.keys()) {
      const fewer = new Map([...parts].filter(([other]) => other !== name));
      const error = await failureOf(() => modelFromParts(stored, fewer));
      expect(error).toBeInstanceOf(DamagedModelError);
      expect((error as Error).message).toContain(`'${name}'`);
    }
  });

  it.each([table, vectors])('refuses content that is not what the digest covers: $title', async (variant) => {
    const { stored, parts } = await storedVersion(variant);
    for (const name of ['manifest', 'labels', 'table', 'vectors']) {
      const part = parts.get(name);
      if (part === undefined) continue;
      const error = await failureOf(() => modelFromParts(stored, new Map([...parts, [name, changed(part)]])));
      expect(error).toBeInstanceOf(DamagedModelError);
    }
    const other = { ...stored, digest: stored.digest.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')) };
    expect(await failureOf(() => modelFromParts(other, parts))).toBeInstanceOf(DamagedModelError);
  });
});
