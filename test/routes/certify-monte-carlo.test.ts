import { describe, expect, it } from 'vitest';
import { application, LOANS, REGISTRATION } from '../support/models/loans.ts';
import { cpuTime } from '../support/process/cpu-time.ts';
import { type Service, startService } from '../support/process/service.ts';

const INSTANCES = LOANS.slice(0, 40).map((_, index) => application(index));

interface Result {
  readonly prediction: string | null;
  readonly abstained: boolean;
  readonly outcome?: string;
  readonly certificate: {
    readonly flips: number;
    readonly votes: Record<string, number>;
    readonly pLower: number;
    readonly logFailure: number;
    readonly neymanPearsonFlips: number;
  } | null;
}

async function withLoans(settings: object = { lambda: { relative: 1000 } }): Promise<Service> {
  const service = await startService();
  await service
    .post('/models')
    .send({ ...REGISTRATION, settings })
    .expect(201);
  return service;
}

async function ask(
  service: Service,
  change: object = {},
  instances: object[] = INSTANCES,
): Promise<Result[]> {
  const request = { model: 'loans', method: 'monte-carlo', instances, ...change };
  const { body } = await service.post('/certify').send(request).expect(200);
  expect(body).toMatchObject({ method: 'monte-carlo', classifier: 'smoothed' });
  return body.results;
}

describe('POST /certify with method monte-carlo', () => {
  it('answers with votes, the bound on their probability and what the samples were', async () => {
    const service = await withLoans();
    const results = await ask(service, { monteCarlo: { samples: 2000, confidence: 0.99, seed: 7 } });
    const certified = results.filter(({ abstained }) => !abstained);
    expect(certified.length).toBeGreaterThan(20);
    for (const { prediction, certificate } of certified) {
      const { votes, pLower, flips } = certificate!;
      expect(certificate).toMatchObject({
        guarantee: 'probabilistic',
        fraction: flips / LOANS.length,
        q: 0.2,
        samples: 2000,
        confidence: 0.99,
        seed: 7,
      });
      expect(Object.values(votes).reduce((sum, count) => sum + count)).toBeLessThanOrEqual(2000);
      expect(pLower).toBeGreaterThan(0.5);
      expect(pLower).toBeLessThan(votes[prediction!]! / 2000);
    }
  });

  it('gives a row the same bits alone, in company and again, and others for another seed', async () => {
    const service = await withLoans();
    const monteCarlo = { samples: 500 };
    const batch = await ask(service, { monteCarlo });
    const alone = await Promise.all(INSTANCES.map((one) => ask(service, { monteCarlo }, [one])));
    expect(alone.flat()).toEqual(batch);
    const others = await ask(service, { monteCarlo: { ...monteCarlo, seed: 2 } });
    expect(others).not.toEqual(batch);
  });

  it('agrees with the proven bound: the same class, with at least the proven share of the votes', async () => {
    const service = await withLoans();
    const samples = 4000;
    const noise = { q: 0.1 };
    const sampled = await ask(service, { noise, monteCarlo: { samples } });
    const request = { model: 'loans', method: 'smoothed', noise, instances: INSTANCES };
    const { body } = await service.post('/certify').send(request).expect(200);
    let compared = 0;
    for (const [index, { prediction, certificate }] of (body.results as Result[]).entries()) {
      if (certificate === null) continue;
      compared++;
      const share = 1 - Math.exp(certificate.logFailure); // P(prediction) is at least this
      const votes = sampled[index]!.certificate?.votes[prediction!] ?? 0;
      expect(votes / samples).toBeGreaterThan(share - 5 * Math.sqrt((share * (1 - share)) / samples) - 1e-9);
      if (sampled[index]!.abstained) continue;
      expect(sampled[index]!.prediction).toBe(prediction);
    }
    expect(compared).toBeGreaterThan(20);
  });

  it('abstains, and refers, where no class wins enough votes; puts errors in the place of bad rows', async () => {
    const service = await withLoans({ lambda: { relative: 1 } });
    const instances = [
      ...INSTANCES.slice(0, 20),
      { ...application(0), income: 'much' },
      ...INSTANCES.slice(20),
    ];
    const request = { noise: { q: 0.49 }, monteCarlo: { samples: 200 } };
    const results = await ask(service, request, instances);
    expect(results).toHaveLength(41);
    expect(results[20]).toMatchObject({ error: { code: 'wrong_type' } });
    const abstained = results.find((one) => one.abstained);
    expect(abstained).toMatchObject({ prediction: null, certificate: null, outcome: 'refer' });
    const without = await ask(service, request);
    expect(results.toSpliced(20, 1)).toEqual(without);
  });

  it('lets other requests in, and stops when the client goes away', async () => {
    const service = await withLoans();
    const body = JSON.stringify({
      model: 'loans',
      method: 'monte-carlo',
      monteCarlo: { samples: 1_000_000 },
      instances: Array(100).fill(application(0)),
    });
    const leaving = new AbortController();
    const headers = { 'content-type': 'application/json' };
    const long = fetch(`${service.url}/certify`, { method: 'POST', headers, body, signal: leaving.signal });
    const left = long.then(
      () => 'answered',
      () => 'left',
    );
    const started = cpuTime();
    for (let i = 0; i < 5; i++) await service.get('/livez').expect(200);
    expect(cpuTime() - started).toBeLessThan(2000);
    leaving.abort();
    expect(await left).toBe('left');
    await service.stop(); // waits for requests in flight: a hundred million samples would take minutes
  });
});

describe('require.flips', () => {
  it('accepts what survives all flips that are possible, even where fewer are than were asked for', async () => {
    const service = await withLoans();
    const threat = { rows: { indices: [3, 4] } };
    const request = { model: 'loans', instances: INSTANCES, threat, require: { flips: 10 } };
    const { body } = await service.post('/certify').send(request).expect(200);
    for (const { certificate, outcome } of body.results) {
      expect(outcome).toBe(certificate.unbreakable ? 'accept' : 'refer');
    }
    const outcomes = new Set(body.results.map(({ outcome }: Result) => outcome));
    expect(outcomes).toContain('accept');
  });
});
