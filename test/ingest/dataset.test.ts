import { describe, expect, it } from 'vitest';
import { checkFeatureLimits, checkRowLimit } from '../../src/ingest/dataset.ts';
import { refusalOf } from '../support/models/refusal.ts';

const limits = { rows: 10, features: 4, cells: 30 };

describe('the limits of a training set', () => {
  it('are reached, not passed', async () => {
    checkRowLimit(10, limits);
    checkFeatureLimits(10, 3, limits);
    checkFeatureLimits(7, 4, limits);
    expect(await refusalOf(() => checkRowLimit(11, limits))).toMatchObject({
      code: 'too_many_rows',
      message: 'a training set may have at most 10 rows (SURETY_MAX_ROWS)',
    });
    const features = await refusalOf(() => checkFeatureLimits(1, 5, limits));
    expect(features.code).toBe('too_many_features');
    expect(features.message).toContain('makes 5 features, at most 4 are accepted (SURETY_MAX_FEATURES)');
    const cells = await refusalOf(() => checkFeatureLimits(8, 4, limits));
    expect(cells.code).toBe('too_many_cells');
    expect(cells.message).toBe(
      '8 rows x 4 features are 32 values, at most 30 are accepted (SURETY_MAX_CELLS)',
    );
  });
});
