import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnMeans } from '../../src/ridge/column-means.ts';

const tables = fc.integer({ min: 1, max: 7 }).chain((columns) => {
  const row = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: columns, maxLength: columns });
  return fc.array(row, { minLength: 1, maxLength: 23 });
});

describe('columnMeans', () => {
  it('are the means of the columns, in one shard or in several', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 23 }), (table, rowsPerShard) => {
        const rows = table.length;
        const columns = table[0]!.length;
        const shards: Float32Array[] = [];
        for (let first = 0; first < rows; first += rowsPerShard) {
          shards.push(Float32Array.from(table.slice(first, first + rowsPerShard).flat()));
        }
        const means = columnMeans({ rows, columns, rowsPerShard, shards });
        for (let k = 0; k < columns; k++) {
          expect(means[k]).toBe(table.reduce((total, row) => total + row[k]!, 0) / rows);
        }
      }),
      { seed: 114, numRuns: 100 },
    );
  });
});
