import { describe, expect, it } from 'vitest';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { type Service, startService } from '../support/process/service.ts';

async function withLoans(): Promise<Service> {
  const service = await startService();
  await service.post('/models').send(REGISTRATION).expect(201);
  return service;
}

describe('POST /certify', () => {
  it('answers each instance with prediction, scores, margin and certificate, in order', async () => {
    const service = await withLoans();
    const instances = [application(0), application(1), application(2)];
    const { body } = await service.post('/certify').send({ model: 'loans', instances }).expect(200);
    expect(body).toMatchObject({
      method: 'exact',
      classifier: 'ridge',
      model: { name: 'loans', version: 1 },
    });
    expect(body.results).toHaveLength(3);
    for (const { prediction, scores, margin, certificate } of body.results) {
      const other = prediction === 'repaid' ? 'defaulted' : 'repaid';
      expect(margin).toBe(scores[prediction] - scores[other]);
      expect(margin).toBeGreaterThan(0);
      expect(certificate).toEqual({
        method: 'exact',
        flips: certificate.flips,
        fraction: certificate.flips / 120,
        guarantee: 'deterministic',
        breaksWith: certificate.flips + 1,
        unbreakable: false,
      });
    }
  });

  it('gives a row the same bits alone and in company', async () => {
    const service = await withLoans();
    const instances = LOANS.slice(0, 40);
    for (const method of ['exact', 'smoothed']) {
      const batch = await service.post('/certify').send({ model: 'loans', method, instances }).expect(200);
      const alone = await Promise.all(
        instances.map((one) => service.post('/certify').send({ model: 'loans', method, instances: [one] })),
      );
      expect(alone.flatMap(({ body }) => body.results)).toEqual(batch.body.results);
    }
  });

  it('gives a breaking set that changes the prediction once applied, and no fewer flips of it do', async () => {
    const service = await withLoans();
    const request = { model: 'loans', instances: [application(5)], explain: { breakingSet: true } };
    const { body } = await service.post('/certify').send(request).expect(200);
    const [{ prediction, certificate, explanation }] = body.results;
    expect(explanation.breakingSet).toHaveLength(certificate.flips + 1);
    const flipped = (changes: { row: number; from: string; to: string }[]) => {
      const records: object[] = [...LOANS];
      for (const { row, from, to } of changes) {
        expect(LOANS[row]!.outcome).toBe(from);
        records[row] = { ...LOANS[row], outcome: to };
      }
      return { ...REGISTRATION, name: 'attacked', records };
    };
    const predictAfter = async (changes: { row: number; from: string; to: string }[]) => {
      const { body: attacked } = await service.post('/models').send(flipped(changes)).expect(201);
      const again = { ...request, model: 'attacked', version: attacked.version };
      return (await service.post('/certify').send(again).expect(200)).body.results[0].prediction;
    };
    expect(await predictAfter(explanation.breakingSet)).not.toBe(prediction);
    expect(await predictAfter(explanation.breakingSet.slice(1))).toBe(prediction);
  });

  it('explains: radius, reasons, influential rows and invariance, in the form that was asked for', async () => {
    const service = await withLoans();
    const explain = {
      radius: true,
      reasons: 10_000,
      influentialRows: 2,
      invariantTo: ['owns_home', 'late_payments'],
    };
    const instances = LOANS.slice(0, 20);
    const { body } = await service.post('/certify').send({ model: 'loans', instances, explain }).expect(200);
    let counterfactuals = 0;
    for (const [index, { prediction, margin, explanation }] of body.results.entries()) {
      const { radius, reasons, baseline, influentialRows, invariance } = explanation;
      expect(radius.l2).toBeGreaterThanOrEqual(radius.linf);
      expect(radius.linf).toBeGreaterThan(0);
      expect(reasons).toHaveLength(7);
      const sum = reasons.reduce(
        (total: number, one: { contribution: number }) => total + one.contribution,
        baseline,
      );
      expect(sum).toBeCloseTo(margin, 12);
      expect(influentialRows).toHaveLength(2);
      for (const { row, label } of influentialRows) expect(LOANS[row]!.outcome).toBe(label);
      expect(invariance.columns).toEqual(explain.invariantTo);
      if (invariance.invariant) continue;
      counterfactuals++;
      const changed = { ...instances[index], ...invariance.counterfactual };
      const again = await service
        .post('/certify')
        .send({ model: 'loans', instances: [changed] })
        .expect(200);
      expect(again.body.results[0].prediction).toBe(invariance.prediction);
      expect(invariance.prediction).not.toBe(prediction);
    }
    expect(counterfactuals).toBeGreaterThan(0);
  });

  it('keeps the ranges of numbers over a restart, for the same explanation', async () => {
    const service = await withLoans();
    const request = {
      model: 'loans',
      instances: LOANS.slice(0, 20),
      explain: { radius: true, invariantTo: ['income', 'amount'] },
    };
    const { body } = await service.post('/certify').send(request).expect(200);
    const { dataDir } = service.app.config;
    await service.stop();
    const restarted = await startService({ dataDir });
    expect((await restarted.post('/certify').send(request).expect(200)).body).toEqual(body);
  });

  it('certifies the smoothed classifier with the noise of the model or of the request', async () => {
    const service = await withLoans();
    const settings = { lambda: { relative: 1000 } };
    await service
      .post('/models')
      .send({ ...REGISTRATION, settings })
      .expect(201);
    const instances = LOANS.slice(0, 30);
    const request = { model: 'loans', method: 'smoothed', instances };
    const byModel = await service.post('/certify').send(request).expect(200);
    const certified = byModel.body.results.filter((one: { abstained: boolean }) => !one.abstained);
    expect(certified.length).toBeGreaterThan(10);
    for (const { certificate } of certified) {
      const { flips, by, klFlips, neymanPearsonFlips, linearFlips } = certificate;
      expect(certificate.q).toBe(0.2);
      expect(flips).toBe(Math.max(klFlips, neymanPearsonFlips, linearFlips));
      expect(flips).toBe(
        { kl: klFlips, 'neyman-pearson': neymanPearsonFlips, linear: linearFlips }[by as 'kl'],
      );
      expect(neymanPearsonFlips).toBeGreaterThanOrEqual(klFlips);
      expect(certificate.logFailure).toBeLessThan(Math.log(0.5));
    }
    expect(byModel.body.classifier).toBe('smoothed');
    const asked = await service
      .post('/certify')
      .send({ ...request, noise: { q: 0.05 } })
      .expect(200);
    const first = asked.body.results.find((one: { abstained: boolean }) => !one.abstained);
    expect(first.certificate.q).toBe(0.05);
  });

  it('certifies the vote of an ensemble against changed labels, and against changed rows', async () => {
    const service = await withLoans();
    const numbers = ['income', 'amount', 'months', 'late_payments'].map((name) => [name, 'number']);
    const categories = ['employment', 'purpose'].map((name) => [name, 'category']);
    const columnTypes = Object.fromEntries([...numbers, ...categories, ['owns_home', 'boolean']]);
    const results = async (threat: string) => {
      const settings = { partitions: { count: 9, threat } };
      const registration = {
        ...REGISTRATION,
        name: threat,
        columnTypes,
        classes: ['defaulted', 'repaid'],
        settings,
      };
      await service.post('/models').send(registration).expect(201);
      const request = { model: threat, method: 'partition', instances: LOANS.slice(0, 10) };
      const { body } = await service.post('/certify').send(request).expect(200);
      expect([body.method, body.classifier]).toEqual(['partition', 'ensemble']);
      return body.results;
    };
    for (const { certificate, scores } of await results('labels')) {
      const { flips, blackBoxFlips } = certificate;
      expect(flips).toBeGreaterThanOrEqual(blackBoxFlips);
      expect(certificate).toEqual({
        ...{
          method: 'partition',
          flips,
          fraction: flips / 120,
          guarantee: 'deterministic',
          partitions: 9,
          votes: scores,
        },
        ...{ threat: 'labels', blackBoxFlips, whiteBoxFlips: flips },
      });
    }
    for (const { certificate, scores } of await results('rows')) {
      const { defaulted, repaid } = scores; // a tie goes to the first class
      const lead = Math.abs(repaid - defaulted) - Number(repaid > defaulted);
      const insertionsOrDeletions = Math.floor(lead / 2);
      const flips = Math.floor(insertionsOrDeletions / 2);
      expect(certificate).toEqual({
        ...{
          method: 'partition',
          flips,
          fraction: flips / 120,
          guarantee: 'deterministic',
          partitions: 9,
          votes: scores,
        },
        ...{ threat: 'rows', insertionsOrDeletions, rewrittenRows: flips },
      });
    }
  });

  it('abstains with a null prediction and refers, when smoothing cannot decide', async () => {
    const service = await withLoans();
    const request = { model: 'loans', method: 'smoothed', noise: { q: 0.49 }, instances: LOANS.slice(0, 30) };
    const { body } = await service.post('/certify').send(request).expect(200);
    const abstained = body.results.find((one: { abstained: boolean }) => one.abstained);
    expect(abstained).toMatchObject({ prediction: null, certificate: null, margin: null, outcome: 'refer' });
  });

  it('accepts from the required number of flips on and refers below', async () => {
    const service = await withLoans();
    const plain = await service.post('/certify').send({ model: 'loans', instances: LOANS }).expect(200);
    const flips: number[] = plain.body.results.map(
      (one: { certificate: { flips: number } }) => one.certificate.flips,
    );
    const required = flips.toSorted((a, b) => a - b)[60]!;
    const request = { model: 'loans', instances: LOANS, require: { flips: required } };
    const { body } = await service.post('/certify').send(request).expect(200);
    const outcomes = body.results.map((one: { outcome: string }) => one.outcome);
    expect(outcomes).toEqual(flips.map((one) => (one >= required ? 'accept' : 'refer')));
    expect(new Set(outcomes).size).toBe(2);
  });

  it('puts an error in the place of a bad row and leaves the others as they are', async () => {
    const service = await withLoans();
    const good = application(0);
    const { employment: _, ...short } = good;
    const instances = [
      good,
      short,
      { ...good, income: 'much' },
      { ...good, colour: 1 },
      7,
      { ...good, amount: null },
      good,
    ];
    const { body } = await service.post('/certify').send({ model: 'loans', instances }).expect(200);
    expect(body.results.map((one: { error?: { code: string } }) => one.error?.code)).toEqual([
      undefined,
      'missing_column',
      'wrong_type',
      'unknown_column',
      'wrong_type',
      undefined,
      undefined,
    ]);
    expect(body.results[1].error.detail).toContain("'employment'");
    expect(body.results[5].warnings).toEqual([
      "column 'amount' is missing, which training never saw; its mean is used",
    ]);
    expect(body.results[6]).toEqual(body.results[0]);
  });

  it('certifies with a warning where a category level is new', async () => {
    const service = await withLoans();
    const instances = [{ ...application(0), purpose: 'yacht' }];
    const { body } = await service.post('/certify').send({ model: 'loans', instances }).expect(200);
    expect(body.results[0].warnings).toEqual([
      "column 'purpose' has a level that training never saw; it is left out",
    ]);
  });

  it('says unbreakable, with a null breaking set, where no labels can change the prediction', async () => {
    const service = await startService();
    const rule = { kind: 'threshold', value: -5, positive: 'b' };
    const settings = { rule, lambda: { absolute: 1 }, centre: false };
    const model = { name: 'sure', features: [[1], [2], [3]], labels: ['a', 'b', 'a'], settings };
    await service.post('/models').send(model).expect(201);
    const request = { model: 'sure', instances: [[1]], explain: { breakingSet: true } };
    const { body } = await service.post('/certify').send(request).expect(200);
    expect(body.results[0]).toMatchObject({
      prediction: 'b',
      certificate: { flips: 3, unbreakable: true, breaksWith: null },
      explanation: { breakingSet: null },
    });
    const smoothed = { model: 'sure', instances: [[1]], method: 'smoothed' };
    const certain = await service.post('/certify').send(smoothed).expect(200);
    expect(certain.body.results[0].certificate).toMatchObject({ flips: 3, klFlips: 3, logFailure: null });
  });
});
