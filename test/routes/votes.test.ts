import { describe, expect, it } from 'vitest';
import {
  EXAMPLE_CERTIFIED_FLIPS,
  EXAMPLE_CERTIFIED_RADIUS,
  EXAMPLE_GAUSSIAN_VOTES,
  EXAMPLE_LABEL_VOTES,
} from '../../schemas/examples.ts';
import { clopperPearsonLower } from '../../src/certify/clopper-pearson.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';
import { NeymanPearsonTable } from '../../src/certify/neyman-pearson.ts';
import { startService } from '../support/process/service.ts';

const GAUSSIAN = { kind: 'gaussian', sigma: 0.5 };
const LABELS = { kind: 'labels', q: 0.2, classes: 2 };

describe('POST /votes', () => {
  it('answers the examples of the documentation as documented', async () => {
    const service = await startService();
    const gaussian = await service.post('/votes').send(EXAMPLE_GAUSSIAN_VOTES).expect(200);
    expect(gaussian.body).toEqual(EXAMPLE_CERTIFIED_RADIUS);
    const labels = await service.post('/votes').send(EXAMPLE_LABEL_VOTES).expect(200);
    expect(labels.body).toEqual(EXAMPLE_CERTIFIED_FLIPS);
  });

  it('certifies a radius in proportion to sigma, with confidence 0.999 unless told otherwise', async () => {
    const service = await startService();
    const votes = { top: 990, total: 1000 };
    const certify = async (request: object) =>
      (
        await service
          .post('/votes')
          .send({ noise: GAUSSIAN, votes, ...request })
          .expect(200)
      ).body;
    const plain = await certify({});
    expect(await certify({ confidence: 0.999 })).toEqual(plain);
    expect((await certify({ noise: { kind: 'gaussian', sigma: 2 } })).radius).toBe(4 * plain.radius);
    expect((await certify({ confidence: 0.99 })).radius).toBeGreaterThan(plain.radius);
    expect(plain.pUpper).toBe(1 - plain.pLower);
    for (const sigma of [1e-200, 1e200]) {
      const { radius } = await certify({ noise: { kind: 'gaussian', sigma } });
      expect(radius / sigma).toBeCloseTo(plain.radius / 0.5, 12);
    }
  });

  it('answers from thresholds that are there while new ones are computed', async () => {
    const service = await startService();
    const ask = (q: number) =>
      service
        .post('/votes')
        .send({ noise: { kind: 'labels', q, classes: 2 }, votes: { top: 1e7, total: 1e7 } });
    const known = (await ask(0.2).expect(200)).body;
    let computed = false;
    const computing = ask(0.4999).then(() => {
      computed = true;
    });
    for (let k = 0; k < 5; k++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask(0.2)));
      for (const { status, body } of answers) expect([status, body]).toEqual([200, known]);
    }
    expect(computed).toBe(false);
    await computing;
  });

  it('certifies label flips by the Neyman-Pearson certificate, for any number of classes', async () => {
    const service = await startService();
    for (const [q, classes] of [
      [0.2, 2],
      [0.6, 3],
      [0.9, 1000],
    ] as const) {
      const request = { noise: { kind: 'labels', q, classes }, votes: { top: 99_990, total: 100_000 } };
      const { body } = await service.post('/votes').send(request).expect(200);
      const pLower = clopperPearsonLower(99_990, 100_000, 1 - 0.999);
      const flips = new NeymanPearsonTable(labelNoise(q, classes)).flips(Math.log(1 - pLower), 1e6);
      expect(body).toEqual({ kind: 'labels', abstained: false, pLower, flips });
      expect(flips).toBeGreaterThan(0);
    }
  });

  it('counts a billion votes', async () => {
    const service = await startService();
    const votes = { top: 500_100_000, runnerUp: 499_900_000, total: 1_000_000_000 };
    const { body } = await service.post('/votes').send({ noise: GAUSSIAN, votes }).expect(200);
    expect(body.radius).toBeGreaterThan(0);
    expect(body.pLower).toBeCloseTo(0.50005, 5);
  });

  it('abstains, with null for what it does not certify', async () => {
    const service = await startService();
    const gaussian = { noise: GAUSSIAN, votes: { top: 510, total: 1000 } };
    const { body: radius } = await service.post('/votes').send(gaussian).expect(200);
    const { pLower, pUpper } = radius;
    expect(radius).toEqual({ kind: 'gaussian', abstained: true, pLower, pUpper, radius: null });
    expect(radius.pLower).toBeLessThan(radius.pUpper);
    for (const top of [0, 500, 510]) {
      const labels = { noise: LABELS, votes: { top, total: 1000 } };
      const { body } = await service.post('/votes').send(labels).expect(200);
      expect(body).toEqual({ kind: 'labels', abstained: true, pLower: body.pLower, flips: null });
      expect(body.pLower).toBeLessThan(0.5);
    }
  });

  it('certifies a plurality against its runner-up where there is no majority', async () => {
    const service = await startService();
    const request = { noise: GAUSSIAN, votes: { top: 400, runnerUp: 100, total: 1000 } };
    const { body } = await service.post('/votes').send(request).expect(200);
    expect(body.radius).toBeGreaterThan(0);
    expect(body.pLower).toBeLessThan(0.5);
    const { runnerUp: _, ...alone } = request.votes;
    const without = await service
      .post('/votes')
      .send({ ...request, votes: alone })
      .expect(200);
    expect(without.body.abstained).toBe(true);
  });

  it.each([
    ['/votes/total', { noise: GAUSSIAN, votes: { top: 11, total: 10 } }],
    ['/votes/total', { noise: GAUSSIAN, votes: { top: 6, runnerUp: 5, total: 10 } }],
    ['/votes/runnerUp', { noise: GAUSSIAN, votes: { top: 2, runnerUp: 3, total: 10 } }],
    ['/votes/runnerUp', { noise: GAUSSIAN, votes: { top: 2, runnerUp: -1, total: 10 } }],
    ['/votes/runnerUp', { noise: LABELS, votes: { top: 6, runnerUp: 3, total: 10 } }],
    ['/votes/top', { noise: GAUSSIAN, votes: { top: -1, total: 10 } }],
    ['/votes/top', { noise: GAUSSIAN, votes: { top: 1.5, total: 10 } }],
    ['/votes/top', { noise: GAUSSIAN, votes: { top: '9', total: 10 } }],
    ['/votes/top', { noise: GAUSSIAN, votes: { total: 10 } }],
    ['/votes/total', { noise: GAUSSIAN, votes: { top: 0, total: 0 } }],
    ['/votes/total', { noise: GAUSSIAN, votes: { top: 1, total: 1e9 + 1 } }],
    ['/confidence', { noise: GAUSSIAN, votes: { top: 9, total: 10 }, confidence: 1 }],
    ['/confidence', { noise: GAUSSIAN, votes: { top: 9, total: 10 }, confidence: 0 }],
    ['/noise/sigma', { noise: { kind: 'gaussian', sigma: 0 }, votes: { top: 9, total: 10 } }],
    ['/noise/sigma', { noise: { kind: 'gaussian', sigma: 1e201 }, votes: { top: 9, total: 10 } }],
    ['/noise/q', { noise: { ...LABELS, q: 0 }, votes: { top: 9, total: 10 } }],
    ['/noise/classes', { noise: { ...LABELS, classes: 1 }, votes: { top: 9, total: 10 } }],
    ['/noise/kind', { noise: { kind: 'laplace', scale: 1 }, votes: { top: 9, total: 10 } }],
  ])('refuses what does not fit at %s: %j', async (path, request) => {
    const service = await startService();
    const { body } = await service.post('/votes').send(request).expect(400);
    expect(body.code).toBe('invalid_request');
    expect(body.errors.map((error: { path: string }) => error.path)).toEqual([path]);
  });

  it('refuses label noise beyond (K - 1)/K', async () => {
    const service = await startService();
    const votes = { top: 9, total: 10 };
    const request = { noise: { kind: 'labels', q: 0.5, classes: 2 }, votes };
    const { body } = await service.post('/votes').send(request).expect(422);
    expect(body.code).toBe('invalid_settings');
    expect(body.detail).toBe('noise.q: expected 0 < q < 1/2 for 2 classes, got 0.5');
    await service
      .post('/votes')
      .send({ ...request, noise: { ...request.noise, classes: 3 } })
      .expect(200);
  });

  it('counts flips up to the size of a table, and gives other requests their turn while it grows', async () => {
    const service = await startService();
    const request = { noise: { kind: 'labels', q: 0.4999998, classes: 2 }, votes: { top: 1e9, total: 1e9 } };
    const order: string[] = [];
    const growing = service.post('/votes').send(request).expect(200);
    const answered = growing.then(({ body }) => {
      order.push('votes');
      expect(body.flips).toBe(65_536);
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await service.get('/livez').expect(200);
    order.push('livez');
    await answered;
    expect(order).toEqual(['livez', 'votes']);
  });
});
