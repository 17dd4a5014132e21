import { describe, expect, it, vi } from 'vitest';
import type { FeatureMap } from '../../src/features/feature-map.ts';
import * as fit from '../../src/fit/fit-model.ts';
import type { Model } from '../../src/model/model.ts';
import type { Ridge } from '../../src/ridge/ridge.ts';
import { bitsIn, certify, openRegistry, register, registrationOf } from '../support/models/registry.ts';
import { VARIANTS } from '../support/models/variants.ts';
import { sqliteDatabase } from '../support/stores/databases.ts';

vi.mock(import('../../src/fit/fit-model.ts'), { spy: true });

/** All that a model knows, apart from the memory that it lies in. */
function contentsOf({ workspace: _, source, map, ridge, ensemble, ...rest }: Model) {
  const { id, rows, factor, ...posted } = source;
  const mapOf = ({ state, fourier, width }: FeatureMap) => ({ state, fourier, width });
  const ridgeOf = ({ features: { rows, columns, shards }, means, factor, intercept }: Ridge) => ({
    ...{ rows, columns, shards, means, factor, intercept },
  });
  const members = ensemble?.members.map((member) => ({
    rows: member.rows,
    map: member.map && mapOf(member.map),
    ridge: member.ridge && { ...ridgeOf(member.ridge), form: member.ridge.form },
  }));
  return { ...rest, posted, map: mapOf(map), ridge: ridgeOf(ridge), members };
}

describe('a registry on the store of another one', () => {
  it.each(VARIANTS)('certifies $title to the same bits', async ({ dataset, settings, instances }) => {
    const base = sqliteDatabase();
    const before = await openRegistry(await base.open());
    const registered = await register(before, 'm', dataset(), settings);
    const ask = async (model: typeof registered) => ({
      exact: await certify(model, instances, { explain: { breakingSet: true }, requiredFlips: 2 }),
      smoothed: await certify(model, instances, { method: 'smoothed' }),
      ...(model.ensemble && { partition: await certify(model, instances, { method: 'partition' }) }),
    });
    const expected = await ask(registered);
    await before.close();
    expect(fit.fitModel).toHaveBeenCalled();

    vi.mocked(fit.fitModel).mockClear();
    const after = await openRegistry(await base.open());
    const loaded = after.get('m');
    const actual = await ask(loaded);
    expect(actual).toEqual(expected);
    expect(bitsIn(actual)).toBe(bitsIn(expected));
    expect(fit.fitModel).not.toHaveBeenCalled();
  });

  it.each(VARIANTS)('knows everything about $title', async ({ dataset, settings }) => {
    const base = sqliteDatabase();
    const registered = await register(await openRegistry(await base.open()), 'm', dataset(), settings);
    const loaded = (await openRegistry(await base.open())).get('m');
    expect(contentsOf(loaded)).toEqual(contentsOf(registered));
    expect(bitsIn([loaded.lambda, Array.from(loaded.ridge.factor)])).toBe(
      bitsIn([registered.lambda, Array.from(registered.ridge.factor)]),
    );
  });

  it('knows the same content again, and goes on counting versions', async () => {
    const base = sqliteDatabase();
    const [first, second] = VARIANTS;
    const before = await openRegistry(await base.open());
    await register(before, 'm', first!.dataset(), first!.settings);
    await register(before, 'm', second!.dataset(), second!.settings);
    await before.delete('m', 2);
    const after = await openRegistry(await base.open());
    vi.mocked(fit.fitModel).mockClear();
    const again = await after.register(await registrationOf('m', first!.dataset(), first!.settings));
    expect([again.created, again.model.version]).toEqual([false, 1]);
    expect(fit.fitModel).not.toHaveBeenCalled();
    const next = await after.register(await registrationOf('m', second!.dataset(), second!.settings));
    expect([next.created, next.model.version]).toEqual([true, 3]);
  });
});
