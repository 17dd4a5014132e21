import * as prometheus from 'prom-client';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/kernel/seeded-random.ts';
import { Histogram } from '../../src/metrics/histogram.ts';

const OPTIONS = {
  name: 'surety_test_seconds',
  help: 'A test.',
  labelNames: ['route', 'status'] as const,
  buckets: [0, 0.001, 0.5, 1, 2.5, 1000],
};

describe('Histogram', () => {
  it('is exported as a histogram of prom-client with the same observations', async () => {
    const [own, theirs] = [new prometheus.Registry(), new prometheus.Registry()];
    const histogram = new Histogram(own, OPTIONS);
    const { labelNames, buckets, ...rest } = OPTIONS;
    const reference = new prometheus.Histogram({
      ...rest,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [theirs],
    });
    const random = new SeededRandom(5);
    const values = [...OPTIONS.buckets, -1, 1e9, ...Array.from({ length: 200 }, () => 3 * random.uniform())];
    for (const [k, value] of values.entries()) {
      const [route, status] = [['/a', '/"b\\'][k % 2]!, [200, 404][(k >> 1) % 2]!];
      histogram.series(`${route}\n${status}`).observe(value);
      reference.observe({ route, status }, value);
    }
    expect(sorted(await own.metrics())).toEqual(sorted(await theirs.metrics()));
  });

  it('drops the series that are no longer kept when it is exported, and only those', async () => {
    const registry = new prometheus.Registry();
    let kept = ['a', 'b'];
    const isKept = (model: string) => kept.includes(model);
    const options = { ...OPTIONS, labelNames: ['model'] as const, isKept };
    const histogram = new Histogram(registry, options);
    for (const model of ['a', 'b', 'never']) histogram.series(model).observe(1);
    const models = async () =>
      [...(await registry.metrics()).matchAll(/_count\{model="(\w+)"\} 1/g)].map(([, model]) => model);
    expect(await models()).toEqual(['a', 'b']);
    kept = ['b'];
    expect(await models()).toEqual(['b']);
  });
});

/** Lines with their labels in one order. */
function sorted(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) =>
      line.replace(
        /\{(.*)\}/,
        (_all, labels: string) =>
          `{${labels
            .split(/,(?=\w+=")/)
            .sort()
            .join(',')}}`,
      ),
    );
}
