import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { median } from '../../src/certify/certified-accuracy.ts';
import { ANY_LABEL, type ThreatModel } from '../../src/certify/threat.ts';
import { type EvaluateOptions, evaluate } from '../../src/evaluate/evaluate.ts';
import { type RequestedEvaluation, requestedEvaluations } from '../../src/evaluate/requested-evaluations.ts';
import { readTestSet } from '../../src/evaluate/test-set.ts';
import { gramOf } from '../../src/fit/fit-ridge.ts';
import { variedModel } from '../../src/fit/vary-model.ts';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import type { Model } from '../../src/model/model.ts';
import type { CertifyOptions } from '../../src/verdict/certifier.ts';
import { failureOf, refusalOf } from '../support/models/refusal.ts';
import { bitsIn, certified, certify, openRegistry, register, vectorsOf } from '../support/models/registry.ts';
import type { PartialSettings } from '../support/models/settings.ts';
import { VARIANTS } from '../support/models/variants.ts';
import { WORKERS } from '../support/models/workers.ts';
import { cpuTime } from '../support/process/cpu-time.ts';

const never = new AbortController().signal;
const random = new SeededRandom(8);

/** Instances of a variant many times over, with labels that are often wrong. */
function testSet(model: Model, instances: readonly unknown[]) {
  const many = [...instances, ...instances, ...instances];
  return { instances: many, labels: many.map(() => model.classes[random.below(model.classes.length)]!) };
}

/** What the figures beside accuracy are by their definitions, from the predictions one by one. */
async function balancedOf(
  model: Model,
  { instances, labels }: { instances: readonly unknown[]; labels: readonly string[] },
  options: Partial<CertifyOptions>,
) {
  const results = await certified(model, instances, options);
  const recall = (name: string, least: number) => {
    const own = results.filter((_, row) => labels[row] === name);
    const kept = own.filter((one) => one.prediction === name && one.certificate!.flips >= least);
    return own.length === 0 ? null : kept.length / own.length;
  };
  const balanced = (least: number) => {
    const recalls = model.classes.map((name) => recall(name, least)).filter((one) => one !== null);
    return recalls.reduce((sum, one) => sum + one, 0) / recalls.length;
  };
  const lead = (row: number, name: string) => {
    const { [name]: own, ...others } = results[row]!.scores;
    const rest = Object.values(others);
    return own! - rest.reduce((sum, one) => sum + one, 0) / rest.length;
  };
  const area = (name: string) => {
    const pairs = labels.flatMap((p, k) =>
      labels.flatMap((q, j) => (p === name && q !== name ? [lead(k, name) - lead(j, name)] : [])),
    );
    const won = pairs.map((gap) => (gap > 1e-12 ? 1 : gap < -1e-12 ? 0 : 0.5) as number);
    return won.reduce((sum, one) => sum + one, 0) / pairs.length;
  };
  const compared = model.classes.length === 2 ? [model.classes[1]!] : model.classes;
  const areas = compared.filter((name) => labels.includes(name)).map(area);
  const given = [...model.classes, null].map((name) => ({
    class: name,
    share: results.filter(({ prediction }) => prediction === name).length / results.length,
  }));
  const auc = areas.reduce((sum, one) => sum + one, 0) / areas.length;
  return { recall, balanced, auc, mostShare: Math.max(...given.map((one) => one.share)), given };
}

async function evaluateOn(
  model: Model,
  { instances, labels }: { instances: readonly unknown[]; labels: readonly string[] },
  compare: readonly RequestedEvaluation[],
  options: Partial<EvaluateOptions> = {},
) {
  const test = await readTestSet(model, instances, labels, never);
  return evaluate(
    model,
    test,
    requestedEvaluations(model, { method: 'exact' }, compare),
    { workers: WORKERS, ...options },
    never,
  );
}

/** Flips of the correct predictions, -1 for the rest, by certifying each instance and counting by hand. */
async function flipsOf(
  model: Model,
  { instances, labels }: { instances: readonly unknown[]; labels: readonly string[] },
  options: Partial<CertifyOptions>,
) {
  const results = await certified(model, instances, options);
  return {
    flips: results.map(({ prediction, certificate }, k) =>
      prediction === labels[k] ? certificate!.flips : -1,
    ),
    abstentions: results.filter(({ prediction }) => prediction === null).length,
  };
}

const share = (flips: readonly number[], least: number) =>
  flips.filter((own) => own >= least).length / flips.length;

describe.each(VARIANTS)('the evaluation of $title', ({ dataset, settings, instances }) => {
  it('is what certifying each row and counting gives', async () => {
    const registry = await openRegistry();
    const model = await register(registry, 'm', dataset(), settings);
    const test = testSet(model, instances);
    const report = await evaluateOn(model, test, [{}, { method: 'smoothed', noise: { q: 0.3 } }]);
    expect(report).toMatchObject({
      model: { name: 'm', version: 1, digest: model.digest },
      rows: test.labels.length,
    });
    const most = model.classes[model.counts.indexOf(Math.max(...model.counts))];
    expect(report.majorityAccuracy).toBe(
      test.labels.filter((label) => label === most).length / test.labels.length,
    );
    for (const [k, options] of [{}, { method: 'smoothed', q: 0.3 } as const].entries()) {
      const { flips, abstentions } = await flipsOf(model, test, options);
      const result = report.evaluations[k]!;
      expect(result).toMatchObject({
        cleanAccuracy: share(flips, 0),
        medianFlips: median(Int32Array.from(flips)),
        abstentions,
        classifier: ['ridge', 'smoothed'][k],
      });
      for (const { percent, flips: least, certifiedAccuracy } of result.at) {
        expect(certifiedAccuracy).toBe(
          flips.filter((own) => own >= (percent / 100) * model.labels.length).length / flips.length,
        );
        expect(least).toBe(Math.ceil((percent / 100) * model.labels.length));
      }
      for (const point of result.curve) expect(point.certifiedAccuracy).toBe(share(flips, point.flips));
      const { recall, balanced, auc, mostShare, given } = await balancedOf(model, test, options);
      expect(result.balancedAccuracy).toBe(balanced(0));
      expect(result.auc).toBeCloseTo(auc, 12);
      expect(result.mostGivenAnswer.share).toBe(mostShare);
      expect(given).toContainEqual(result.mostGivenAnswer);
      for (const point of [...result.at, ...result.curve]) {
        expect(point.certifiedBalancedAccuracy).toBe(balanced(point.flips));
      }
      expect(result.perClass).toEqual(
        model.classes.map((name) => ({
          class: name,
          rows: test.labels.filter((label) => label === name).length,
          recall: recall(name, 0),
          certifiedRecall: result.at.map(({ percent, flips: least }) => ({
            percent,
            flips: least,
            recall: recall(name, least),
          })),
        })),
      );
      const warned = (code: string) => result.warnings.some((one) => one.code === code);
      expect(warned('not_above_most_frequent')).toBe(result.cleanAccuracy <= report.majorityAccuracy);
      expect(warned('nearly_constant')).toBe(mostShare >= 0.95);
      expect(warned('class_of_few_rows')).toBe(result.perClass.some(({ rows }) => rows < 30));
      expect(result.curve.at(-1)!.flips).toBe(Math.max(...flips) + 1);
      const ceilings = flips.map((own, row) => {
        const label = model.classes.indexOf(test.labels[row]!);
        const rivals = model.counts.filter((_, rival) => rival !== label);
        return own < 0 ? -1 : Math.ceil((model.counts[label]! + Math.min(...rivals)) / 2) - 1;
      });
      const ceiling = model.rule.kind === 'argmax' ? median(Int32Array.from(ceilings)) : null;
      expect(result.ceilingMedianFlips).toBe(ceiling);
    }
  });

  it('attacks the model that a registration with a relative lambda of 1e-6 and raw weights makes', async () => {
    const registry = await openRegistry();
    const model = await register(registry, 'm', dataset(), { ...settings, weights: 'sign' });
    const least = await register(registry, 'm', dataset(), {
      ...settings,
      lambda: { relative: 1e-6 },
      weights: 'raw',
    });
    const test = testSet(model, instances);
    const { undefended } = await evaluateOn(model, test, [{}]);
    const { flips } = await flipsOf(least, test, {});
    expect(undefended.curve).toEqual(
      undefended.curve.map((point) => ({ flips: point.flips, accuracy: share(flips, point.flips) })),
    );
    expect(undefended.curve.at(-1)!.flips).toBe(Math.max(...flips) + 1);
  });

  it('of another lambda and weights has the bits of a model registered with them', async () => {
    const registry = await openRegistry();
    const model = await register(registry, 'm', dataset(), settings);
    const gram = await gramOf(model.ridge.features, model.ridge.means, WORKERS);
    const variations: Pick<PartialSettings, 'lambda' | 'weights'>[] = [
      { lambda: { relative: 37 } },
      { lambda: { absolute: 2.5 }, weights: 'sign' },
      { weights: { clip: 0.4 } },
      { lambda: { relative: 1e-3 }, weights: { top: 11, rest: -0.5 } },
    ];
    const test = testSet(model, instances);
    for (const variation of variations) {
      const registered = await register(registry, 'm', dataset(), { ...settings, ...variation });
      expect(registered.version).toBeGreaterThan(1);
      const requested = variation as RequestedEvaluation;
      const varied = await variedModel(model, gram, requested, WORKERS);
      expect(bitsIn([...varied.ridge.factor])).toBe(bitsIn([...registered.ridge.factor]));
      expect(varied.lambda).toBe(registered.lambda);
      const options = { method: 'smoothed', q: 0.1 } as const;
      expect(bitsIn(await certify(varied, instances, options))).toBe(
        bitsIn(await certify(registered, instances, options)),
      );
      const own = await evaluateOn(model, test, [{ ...requested, name: 'x' }]);
      const other = await evaluateOn(registered, test, [{ name: 'x' }]);
      expect(bitsIn(own.evaluations)).toBe(bitsIn(other.evaluations));
    }
    expect(model.settings.lambda).toEqual(settings.lambda ?? { relative: 1 }); // and the model is as it was
  });
});

describe('an evaluation', () => {
  const [loans] = VARIANTS;

  it('holds a threat model against every curve, and then has no ceiling', async () => {
    const model = await register(await openRegistry(), 'm', loans!.dataset(), {});
    const attackable = Uint8Array.from(model.labels, (_, row) => Number(row < 10));
    const threat: ThreatModel = { ...ANY_LABEL, attackable };
    const test = testSet(model, loans!.instances);
    const report = await evaluateOn(model, test, [{}], { threat });
    const { flips } = await flipsOf(model, test, { threat });
    expect(report.evaluations[0]!.ceilingMedianFlips).toBeNull();
    expect(report.evaluations[0]!.medianFlips).toBe(median(Int32Array.from(flips)));
    const unrestricted = await evaluateOn(model, test, [{}]);
    expect(report.undefended.curve).not.toEqual(unrestricted.undefended.curve);
  });

  it('reports its progress from 0 to rows times evaluations, the undefended one included', async () => {
    const model = await register(await openRegistry(), 'm', loans!.dataset(), {});
    const test = testSet(model, loans!.instances);
    const progress: [number, number][] = [];
    const onProgress = (done: number, total: number) => progress.push([done, total]);
    await evaluateOn(model, test, [{}, { method: 'smoothed' }], { onProgress });
    const total = 3 * test.labels.length;
    expect(progress).toEqual(Array.from({ length: total + 1 }, (_, done) => [done, total]));
  });

  it('goes on where features have no variance: every model predicts the first class then', async () => {
    const features = [[3], [3], [3]];
    const dataset = vectorsOf(features, ['b', 'a', 'b']);
    const model = await register(await openRegistry(), 'm', dataset, { lambda: { absolute: 2 } });
    const { undefended, evaluations } = await evaluateOn(
      model,
      { instances: [[4], [5]], labels: ['a', 'b'] },
      [{}],
    );
    expect(evaluations[0]!.cleanAccuracy).toBe(0.5);
    expect(undefended.curve[0]).toEqual({ flips: 0, accuracy: 0.5 });
  });

  it('is refused where a lambda does not fit the features, or an instance cannot be certified after all', async () => {
    const model = await register(await openRegistry(), 'm', vectorsOf([[1], [2], [4]], ['a', 'b', 'a']));
    const test = { instances: [[1]], labels: ['a'] };
    const lambda = await refusalOf(() => evaluateOn(model, test, [{ lambda: { relative: 1e308 } }, {}]));
    expect([lambda.code, lambda.message]).toEqual([
      'invalid_settings',
      'lambda: too large for these features, it overflows',
    ]);
    const evaluations = requestedEvaluations(model, { method: 'exact' });
    const unread = { instances: [[1], [1, 2]], labels: ['a', 'a'] };
    const late = await refusalOf(() => evaluate(model, unread, evaluations, { workers: WORKERS }, never));
    expect([late.code, late.message]).toEqual([
      'invalid_instances',
      'instance 1: expected 1 features, got 2',
    ]);
  });
});

describe('a long evaluation', () => {
  const point = () => Array.from({ length: 40 }, () => random.normal());
  const large = () => {
    const features = Array.from({ length: 3000 }, point);
    return vectorsOf(
      features,
      features.map(([first]) => (first! > 0 ? 'a' : 'b')),
    );
  };

  it('stops with the reason of its signal, while it certifies and before', async () => {
    const model = await register(await openRegistry(), 'm', large());
    const test = { instances: Array.from({ length: 100_000 }, point), labels: Array(100_000).fill('a') };
    const evaluations = requestedEvaluations(model, { method: 'exact' });
    for (const ms of [0, 200]) {
      const controller = new AbortController();
      const reason = new Error('the client has gone');
      setTimeout(() => controller.abort(reason), ms);
      const began = cpuTime();
      const act = () => evaluate(model, test, evaluations, { workers: WORKERS }, controller.signal);
      expect(await failureOf(act)).toBe(reason);
      await sleep(300); // the workers would go on
      expect(cpuTime() - began).toBeLessThan(2000);
    }
  });

  it('leaves turns to others', async () => {
    const model = await register(await openRegistry(), 'm', large());
    const test = { instances: Array.from({ length: 400 }, point), labels: Array(400).fill('a') };
    let longest = 0;
    let last = cpuTime();
    const timer = setInterval(() => {
      longest = Math.max(longest, cpuTime() - last);
      last = cpuTime();
    }, 1);
    await evaluate(
      model,
      test,
      requestedEvaluations(model, { method: 'smoothed' }),
      { workers: WORKERS },
      never,
    );
    clearInterval(timer);
    expect(longest).toBeLessThan(300);
  });
});
