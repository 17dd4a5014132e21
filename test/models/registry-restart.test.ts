import { describe, expect, it, vi } from 'vitest';
import * as fit from '../../src/models/fit-model.ts';
import { bitsIn, certify, openRegistry, register, registrationOf } from '../support/data-registry.ts';
import { sqliteDatabase } from '../support/data-store.ts';
import { VARIANTS } from '../support/data-variants.ts';

vi.mock(import('../../src/models/fit-model.ts'), { spy: true });

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
    const { workspace: _, map, ...rest } = loaded;
    const { workspace: __, map: registeredMap, ...expected } = registered;
    expect(rest).toEqual(expected);
    expect([map.state, map.fourier, map.width]).toEqual([
      registeredMap.state,
      registeredMap.fourier,
      registeredMap.width,
    ]);
    expect(bitsIn([rest.lambda, Array.from(rest.ridge.factor)])).toBe(
      bitsIn([expected.lambda, Array.from(expected.ridge.factor)]),
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
