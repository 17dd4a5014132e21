import { describe, expect, it } from 'vitest';
import { fitModel } from '../../src/fit/fit-model.ts';
import { canonicalJson } from '../../src/model/canonical-json.ts';
import { contentOf } from '../../src/model/content.ts';
import { derivedParts } from '../../src/model/model-parts.ts';
import { bytesOf, DamagedModelError, type Part } from '../../src/store/model-store.ts';
import { modelFromParts } from '../support/models/parts.ts';
import { failureOf } from '../support/models/refusal.ts';
import { bitsIn, certify } from '../support/models/registry.ts';
import { completeFrom, LIMITS } from '../support/models/settings.ts';
import { whole } from '../support/models/steps.ts';
import { VARIANTS, type Variant } from '../support/models/variants.ts';
import { WORKERS } from '../support/models/workers.ts';
import { partOfBytes } from '../support/stores/databases.ts';

/** A version as a store would give it back. */
async function storedVersion({ dataset, settings }: Variant) {
  const data = await dataset();
  const complete = completeFrom(settings, data.labels.classes, data.data.kind);
  const content = whole(contentOf(data, complete));
  const parts = new Map<string, Part>(content.parts);
  const derived = await fitModel(data, complete, null, LIMITS, WORKERS);
  for (const [name, part] of whole(derivedParts(derived))) parts.set(name, part);
  const { digest } = content;
  return { stored: { name: 'm', version: 1, digest, createdAt: '2026-08-01T12:00:00.000Z' }, parts };
}

/** Another part of the same length, with a checksum of its own. */
function changed(part: Part): Part {
  const bytes = Uint8Array.from(bytesOf(part));
  bytes[bytes.length - 1] = bytes[bytes.length - 1]! ^ 1;
  return partOfBytes(bytes);
}

const table = VARIANTS.find(({ title }) => title.startsWith('loans, after random'))!;
const vectors = VARIANTS.find(({ title }) => title === 'points, as they are')!;

describe('a model of stored parts', () => {
  it('is made of the parts alone', async () => {
    const { stored, parts } = await storedVersion(table);
    const model = modelFromParts(stored, parts);
    expect(model).toMatchObject({ ...stored, classes: ['bad', 'good'] });
    const results = await certify(model, table.instances);
    expect(results.every((result) => 'prediction' in result)).toBe(true);
  });

  it('is the same whether parts lie alone in memory or not, in one piece or in several', async () => {
    const { stored, parts } = await storedVersion(vectors);
    const expected = bitsIn(await certify(modelFromParts(stored, parts), vectors.instances));
    const moved = new Map<string, Part>();
    for (const [name, part] of parts) {
      const data = bytesOf(part);
      const larger = new Uint8Array(data.length + 16);
      larger.set(data, 8);
      const inPieces = name === 'vectors' || name === 'factor';
      const ends = inPieces ? [8, 8 + (data.length >> 1), 8 + data.length] : [8, 8 + data.length];
      const pieces = ends.slice(1).map((end, piece) => larger.subarray(ends[piece], end));
      moved.set(name, { pieces, sha256: part.sha256 });
    }
    expect(bitsIn(await certify(modelFromParts(stored, moved), vectors.instances))).toBe(expected);
  });

  it('is raw and has no partitions when it was stored before there were weights and partitions', async () => {
    const { stored, parts } = await storedVersion(vectors);
    const expected = bitsIn(await certify(modelFromParts(stored, parts), vectors.instances));
    const { settings, ...rest } = JSON.parse(Buffer.from(bytesOf(parts.get('manifest')!)).toString());
    const { weights, partitions, ...before } = settings;
    expect([weights, partitions]).toEqual(['raw', null]);
    const manifest = partOfBytes(Buffer.from(canonicalJson({ ...rest, settings: before })));
    const older = { ...stored, digest: `sha256:${manifest.sha256}` };
    const model = modelFromParts(older, new Map([...parts, ['manifest', manifest]]));
    expect(model.settings).toEqual(settings);
    expect(bitsIn(await certify(model, vectors.instances))).toBe(expected);
  });

  it.each([table, vectors])('is not made without any of the parts: $title', async (variant) => {
    const { stored, parts } = await storedVersion(variant);
    // the store refuses to give a manifest or state that is missing: registry-damage.test.ts
    for (const name of [...parts.keys()].filter((part) => part !== 'manifest' && part !== 'state')) {
      const fewer = new Map([...parts].filter(([other]) => other !== name));
      const error = await failureOf(() => modelFromParts(stored, fewer, parts));
      expect(error).toBeInstanceOf(DamagedModelError);
      expect((error as Error).message).toContain(`'${name}'`);
    }
  });

  it.each([table, vectors])(
    'is not made of content that is not what the digest covers: $title',
    async (variant) => {
      const { stored, parts } = await storedVersion(variant);
      for (const name of ['manifest', 'labels', 'table', 'vectors']) {
        const part = parts.get(name);
        if (part === undefined) continue;
        const error = await failureOf(() =>
          modelFromParts(stored, new Map([...parts, [name, changed(part)]])),
        );
        expect(error).toBeInstanceOf(DamagedModelError);
      }
      const other = {
        ...stored,
        digest: stored.digest.replace(/.$/, (digit) => (digit === '0' ? '1' : '0')),
      };
      expect(await failureOf(() => modelFromParts(other, parts))).toBeInstanceOf(DamagedModelError);
    },
  );
});
