import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakingSet, exactCertificate } from '../../src/certify/exact.ts';
import { predict } from '../../src/certify/predict.ts';

import { ANY_LABEL } from '../../src/certify/threat.ts';
import { applyWeights } from '../../src/certify/weights.ts';
import { GainBuckets } from '../../src/kernel/gain-buckets.ts';
import type { Model } from '../../src/model/model.ts';
import { checkNoise } from '../../src/model/settings.ts';
import { contributionsTo } from '../../src/ridge/ridge.ts';
import { certifySmoothed, queryOf } from '../support/brute-force/reference.ts';
import { MARKER, NUMBER_MARKER, refusalOf } from '../support/models/refusal.ts';
import { bitsIn, certified, certify, openRegistry, register } from '../support/models/registry.ts';
import { LOAN_INSTANCES, VARIANTS } from '../support/models/variants.ts';

const modelOf = async ({ dataset, settings }: (typeof VARIANTS)[number]) =>
  register(await openRegistry(), 'm', dataset(), settings);

const [loans] = VARIANTS;
const METHODS = ['exact', 'smoothed'] as const;
const methodsOf = ({ ensemble }: Model) =>
  ensemble === null ? METHODS : ([...METHODS, 'partition'] as const);

/** The query of an instance, straight from the feature map and the ridge classifier, in memory of its own. */
function queryFor(model: Model, instance: unknown) {
  const h = new Float32Array(model.map.width);
  model.map.encode(instance, h);
  const alpha = new Float64Array(model.labels.length);
  contributionsTo(h, model.ridge, new Float64Array(h.length), alpha);
  applyWeights(alpha, model.settings.weights, new GainBuckets(alpha.length));
  return queryOf(alpha, model.labels, model.classes.length);
}

describe.each(VARIANTS)('certified predictions of $title', (variant) => {
  it('are what src/certify gives for the same contributions: exact', async () => {
    const model = await modelOf(variant);
    const results = await certified(model, variant.instances, { explain: { breakingSet: true } });
    for (const [k, result] of results.entries()) {
      const query = queryFor(model, variant.instances[k]);
      const prediction = predict(query.alpha, query.labels, query.scores, model.rule);
      const buckets = new GainBuckets(query.alpha.length);
      const direct = exactCertificate(query, prediction, model.rule, ANY_LABEL, buckets);
      const flips = breakingSet(query, direct, ANY_LABEL, buckets);
      expect(result.prediction).toBe(model.classes[prediction]);
      expect(Object.entries(result.scores)).toEqual(
        Object.entries(Object.fromEntries(model.classes.map((name, c) => [name, query.scores.sums[c]]))),
      );
      expect(result.certificate).toEqual({
        method: 'exact',
        flips: direct.flips,
        fraction: direct.flips / query.labels.length,
        guarantee: 'deterministic',
        breaksWith: direct.unbreakable ? null : direct.flips + 1,
        unbreakable: direct.unbreakable,
      });
      const named = flips?.map(({ row, from, to }) => ({
        row,
        from: model.classes[from],
        to: model.classes[to],
      }));
      expect(result.explanation).toEqual({ breakingSet: named ?? null });
    }
  });

  it('have breaking sets that do break them, one flip larger than the certificate', async () => {
    const model = await modelOf(variant);
    const results = await certified(model, variant.instances, { explain: { breakingSet: true } });
    for (const [k, { prediction, certificate, explanation }] of results.entries()) {
      const flips = explanation!.breakingSet!;
      if (flips === null) continue;
      expect(flips).toHaveLength(certificate!.flips + 1);
      const labels = Int32Array.from(model.labels);
      for (const { row, from, to } of flips) {
        expect(model.classes[labels[row]!]).toBe(from);
        labels[row] = model.classes.indexOf(to);
      }
      const { alpha } = queryFor(model, variant.instances[k]);
      const query = queryOf(alpha, labels, model.classes.length);
      expect(model.classes[predict(alpha, labels, query.scores, model.rule)]).not.toBe(prediction);
    }
  });

  it('are what src/certify gives for the same contributions: smoothed', async () => {
    const model = await modelOf(variant);
    for (const q of [undefined, 0.02, 0.35]) {
      const results = await certified(model, variant.instances, { method: 'smoothed', q });
      const noise = checkNoise(q ?? model.settings.noise.q, model.classes.length);
      for (const [k, result] of results.entries()) {
        const direct = certifySmoothed(queryFor(model, variant.instances[k]), model.rule, noise, ANY_LABEL);
        expect(result.abstained).toBe(direct === null);
        if (direct === null) {
          expect(result).toMatchObject({
            prediction: null,
            margin: null,
            certificate: null,
            outcome: 'refer',
          });
          continue;
        }
        const { flips, klFlips, logFailure } = direct;
        expect(result.prediction).toBe(model.classes[direct.prediction]);
        expect(result.certificate).toMatchObject({
          flips,
          fraction: flips / model.labels.length,
          guarantee: 'deterministic',
          q: noise.q,
          klFlips,
          logFailure: Number.isFinite(logFailure) ? logFailure : null,
        });
      }
    }
  });

  it('have the same bits alone, in a batch, and in any order', async () => {
    const model = await modelOf(variant);
    for (const method of methodsOf(model)) {
      const options = { method, breakingSet: method === 'exact', requiredFlips: 1 };
      const alone: string[] = [];
      for (const instance of variant.instances)
        alone.push(bitsIn((await certify(model, [instance], options))[0]));
      const places = fc.array(fc.nat(variant.instances.length - 1), { maxLength: 20 });
      await fc.assert(
        fc.asyncProperty(places, async (order) => {
          const batch = await certify(
            model,
            order.map((k) => variant.instances[k]),
            options,
          );
          expect(batch.map((result) => bitsIn(result))).toEqual(order.map((k) => alone[k]));
        }),
        { seed: 331, numRuns: 10 },
      );
    }
  });
});

describe('a bad instance', () => {
  const bad = [
    { instance: { ...LOAN_INSTANCES[0], income: MARKER }, code: 'wrong_type' },
    { instance: { ...LOAN_INSTANCES[0], age: NUMBER_MARKER }, code: 'unknown_column' },
    { instance: { income: NUMBER_MARKER }, code: 'missing_column' },
    { instance: { ...LOAN_INSTANCES[0], income: 1e300 }, code: 'not_finite' },
    { instance: [NUMBER_MARKER], code: 'wrong_type' },
    { instance: null, code: 'wrong_type' },
  ];

  it('gets its error in its place, and the others are as they were', async () => {
    const model = await modelOf(loans!);
    for (const method of METHODS) {
      const sound = await certify(model, LOAN_INSTANCES, { method });
      const mixed = LOAN_INSTANCES.flatMap((instance, k) => [instance, bad[k]!.instance]);
      const results = await certify(model, mixed, { method });
      expect(results).toHaveLength(mixed.length);
      for (const [k, { code }] of bad.entries()) {
        expect(results[2 * k]).toEqual(sound[k]);
        expect(results[2 * k + 1]).toEqual({ error: { code, detail: expect.any(String) } });
      }
      for (const marker of [MARKER, String(NUMBER_MARKER)])
        expect(JSON.stringify(results)).not.toContain(marker);
    }
  });

  it('is one of many: when all are bad, each still has its own error', async () => {
    const model = await modelOf(loans!);
    const results = await certify(
      model,
      bad.map(({ instance }) => instance),
    );
    expect(results.map((result) => ('error' in result ? result.error.code : null))).toEqual(
      bad.map(({ code }) => code),
    );
  });
});

describe('options of a request', () => {
  it('accept what survives the flips required, and refer the rest', async () => {
    const model = await modelOf(loans!);
    const plain = await certified(model, LOAN_INSTANCES);
    const flips = plain.map(({ certificate }) => certificate!.flips);
    const requiredFlips = [...flips].sort((a, b) => a - b)[3]!;
    const asked = await certified(model, LOAN_INSTANCES, { requiredFlips });
    expect(asked.map(({ outcome }) => outcome)).toEqual(
      flips.map((one) => (one >= requiredFlips ? 'accept' : 'refer')),
    );
    expect(new Set(asked.map(({ outcome }) => outcome)).size).toBe(2);
    expect(plain.every((result) => !('outcome' in result) && !('explanation' in result))).toBe(true);
    const none = await certified(model, LOAN_INSTANCES, { requiredFlips: 0 });
    expect(none.every(({ outcome }) => outcome === 'accept')).toBe(true);
  });

  it('are refused as a whole when q does not fit the classes', async () => {
    const model = await modelOf(loans!);
    for (const q of [0.5, 0.9, 0, Number.NaN]) {
      const error = await refusalOf(() => certify(model, LOAN_INSTANCES, { method: 'smoothed', q }));
      expect(error.code).toBe('invalid_settings');
    }
  });
});
