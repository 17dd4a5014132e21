import fc from 'fast-check';
import { jsonPost, type WireRequest } from '../wire.ts';
import { CONTROL, CROWD, CROWD_COLUMNS, FEW, KEPT, type KeptModel } from './models.ts';
import { heavyThreat } from './threats.ts';

const certify = (kind: string, body: object) => jsonPost(kind, '/certify', body);
const about = ({ name, instances }: KeptModel) => ({ model: name, instances });
const model = fc.constantFrom(CONTROL, CROWD);

/** At the limits of `explain`, or one beyond. */
export const explained: fc.Arbitrary<WireRequest> = fc
  .record({
    influentialRows: fc.constantFrom(10_000, 10_000, 10_001),
    reasons: fc.constantFrom(CROWD_COLUMNS, 10_000),
    columns: fc.constantFrom(CROWD_COLUMNS, CROWD_COLUMNS, CROWD_COLUMNS + 1),
    instances: fc.constantFrom(CROWD.instances.slice(0, 1), CROWD.instances),
  })
  .map(({ influentialRows, reasons, columns, instances }) => {
    const invariantTo = Array.from({ length: columns }, (_, k) => String(k));
    const explain = { breakingSet: true, radius: true, influentialRows, reasons, invariantTo };
    return certify('explained', { model: CROWD.name, instances, explain });
  });

/** A million samples: on few rows, or on many by a client that leaves before they are drawn. */
export const million: fc.Arbitrary<WireRequest> = fc
  .record({ model: fc.constantFrom(...KEPT), seed: fc.nat(), patienceMs: fc.integer({ min: 5, max: 300 }) })
  .map(({ model, seed, patienceMs }) => {
    const monteCarlo = { samples: 1_000_000, seed };
    const body = { ...about(model), method: 'monte-carlo', noise: { q: 0.3 }, monteCarlo };
    const request = certify('million', body);
    return model === FEW ? request : { ...request, whole: false, patienceMs };
  });

/** Everywhere it may be, next to where it may no longer be, and there. */
const noiseFor = (classes: number) =>
  fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 1, max: 54 }).map((bits) => ((classes - 1) / classes) * (1 - 2 ** -bits)),
  );

/** Noise that was never asked for before. */
export const noisy: fc.Arbitrary<WireRequest> = model.chain((model) =>
  fc
    .record({ q: noiseFor(model.classes), method: fc.constantFrom('smoothed', 'smoothed', 'monte-carlo') })
    .map(({ q, method }) => {
      const sampled = method === 'smoothed' ? {} : { monteCarlo: { samples: 200 } };
      return certify('noisy', { ...about(model), method, noise: { q }, ...sampled });
    }),
);

export const votes: fc.Arbitrary<WireRequest> = fc
  .tuple(fc.constantFrom(2, 3, 10, 1e9), fc.integer({ min: 1, max: 1e9 }))
  .chain(([classes, total]) =>
    fc.record({
      noise: fc.record({ kind: fc.constant('labels'), q: noiseFor(classes), classes: fc.constant(classes) }),
      votes: fc.record({ top: fc.integer({ min: 0, max: total }), total: fc.constant(total) }),
      confidence: fc.double({ min: 0, max: 1, minExcluded: true, maxExcluded: true, noNaN: true }),
    }),
  )
  .map((body) => jsonPost('votes', '/votes', body));

export const threatened: fc.Arbitrary<WireRequest> = fc
  .record({ model, threat: heavyThreat, method: fc.constantFrom('exact', 'exact', 'smoothed') })
  .map(({ model, threat, method }) => certify('threat', { ...about(model), threat, method }));
