import fc from 'fast-check';
import { uploadForm } from '../../process/process.ts';
import { jsonPost, type WireRequest, written } from '../wire.ts';

/** Tables of which every text is another: levels, classes or both. */
export const distinctTexts: fc.Arbitrary<WireRequest> = fc
  .record({
    rows: fc.constantFrom(100, 290, 3000, 11_999, 12_000, 12_001),
    length: fc.constantFrom(1, 1, 20, 60),
    classes: fc.constantFrom(2, 2, 2, 100, 12_000),
    as: fc.constantFrom('csv', 'rows', 'records', 'ignored'),
    number: fc.nat(),
  })
  .map(({ rows, length, classes, as, number }) => {
    const table = Array.from({ length: rows }, (_, k) => ({
      text: `${number}-${k}-`.padEnd(length, 'x'),
      n: k % 9,
      y: `c${k % classes}`,
    }));
    const model = { name: 'texts', target: 'y' };
    if (as === 'records') return jsonPost('distinct', '/models', { ...model, records: table });
    const cells = table.map((row) => Object.values(row));
    const columns = ['text', 'n', 'y'];
    if (as === 'rows') return jsonPost('distinct', '/models', { ...model, columns, rows: cells });
    const csv = [columns, ...cells].map((row) => row.join(',')).join('\n');
    const form = uploadForm({ ...model, ...(as === 'ignored' && { ignore: ['text'] }) }, csv);
    return written({
      kind: 'distinct',
      method: 'POST',
      path: '/models',
      headers: Object.entries(form.headers),
      body: form.body.toString(),
    });
  });

const name = fc.nat(40).map((k) => `small-${k}`);

/** More models come than go, until no more may. */
export const smallModels: fc.Arbitrary<WireRequest> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(name, fc.nat()).map(([name, number]) => {
      const features = [
        [number % 1000, 1],
        [2, number % 77],
        [number % 13, 5],
      ];
      return jsonPost('small', '/models', { name, features, labels: ['a', 'b', 'a'] });
    }),
  },
  {
    weight: 1,
    arbitrary: name.map((name) =>
      written({ kind: 'small', method: 'DELETE', path: `/models/${name}`, headers: [] }),
    ),
  },
);
