import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { collectGarbage } from '../src/process/collect-garbage.ts';
import { application } from './support/models/loans.ts';
import { until } from './support/process/process.ts';
import { type Family, readMetrics } from './support/process/prometheus.ts';
import { register } from './support/process/provocations.ts';
import { startService } from './support/process/service.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

/** Name, type and labels of each metric in the tables of docs/observability.md. */
const DOCUMENTED = [
  ...read('docs/observability.md').matchAll(/^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\|/gm),
].map(([, name, type, labels]) => ({
  name: name!,
  type: type!,
  labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!).sort(),
}));
const NAMES = new Set(DOCUMENTED.map(({ name }) => name));

/** What a service tells that has met with everything it counts. */
async function everything(): Promise<Map<string, Family>> {
  const service = await startService({ config: { metrics: 'open' } });
  await register({})(service).expect(201);
  await service
    .post('/certify')
    .send({ model: 'loans', instances: [application(0), {}] })
    .expect(200);
  await service.closeStore();
  await register({ name: 'other' })(service).expect(503);
  await collectGarbage();
  let families = new Map<string, Family>();
  await until(async () => {
    families = readMetrics((await service.get('/metrics')).text);
    return families.get('nodejs_gc_duration_seconds')!.samples.length > 0;
  }, 'told of the collection');
  return families;
}

/** Of a histogram the bounds are no label. */
const labelsOf = ({ samples, type }: Family) =>
  [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))]
    .filter((label) => type !== 'histogram' || label !== 'le')
    .sort();

describe('docs/observability.md', () => {
  it('lists every metric with its type and labels, and the metrics keep to conventions', async () => {
    const families = await everything();
    const told = [...families].map(([name, family]) => ({
      name,
      type: family.type,
      labels: labelsOf(family),
    }));
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
    expect(told.sort(byName)).toEqual([...DOCUMENTED].sort(byName));
    for (const [name, { help, type, samples }] of families) {
      expect(samples.length, name).toBeGreaterThan(0);
      expect(help, name).toMatch(/\w/);
      expect(name).toMatch(/^(surety|process|nodejs)_[a-z0-9_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      if (name.startsWith('surety_') && type !== 'counter')
        expect(name).toMatch(/_(seconds|bytes|instances|flips|models|ready|available)$/);
      if (type === 'histogram') expectHistogram(samples, name);
    }
  });

  it('lists every metric that the dashboard and the alerts ask for, and these ask for all of the service', () => {
    const asked = queries();
    expect(asked.length).toBeGreaterThan(30);
    for (const expr of asked) {
      const unknown = metricsIn(expr).filter((name) => !isTold(name));
      expect(unknown, expr).toEqual([]);
      expect(metricsIn(expr).length, expr).toBeGreaterThan(0);
    }
    const used = new Set(asked.flatMap(metricsIn).map((name) => name.replace(/_(bucket|sum|count)$/, '')));
    const unused = [...NAMES].filter((name) => name.startsWith('surety_') && !used.has(name));
    expect(unused).toEqual([]);
  });
});

describe('shares of the requests', () => {
  it('leave out probes and scrapes, which would hide the errors of a service with few callers', () => {
    const shares = queries().filter((expr) => expr.includes('status=')); // of all, those with some status
    expect(shares).toHaveLength(3);
    for (const expr of shares) {
      for (const [selector] of expr.matchAll(/surety_http_request_duration_seconds_count\{.*?\}/g))
        expect(selector).toContain('route!~"/(livez|healthz|readyz|metrics)"');
    }
  });
});

describe('the alert on the event loop', () => {
  it('looks at the longest turn, which no percentile shows', () => {
    const [held] = queries().filter((expr) =>
      expr.startsWith('max_over_time(nodejs_eventloop_lag_max_seconds'),
    );
    expect(held).toMatch(/\[5m\]\) > 1$/);
  });
});

describe('the dashboard', () => {
  it('shows what tells of an outage: aborted requests, whether each process is ready, and its store', () => {
    const { panels } = JSON.parse(read('deploy/grafana/surety.json')) as Dashboard;
    const shown = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');
    for (const one of [/status=~"[^"]*\baborted"/, /\bsurety_ready\{/, /\bsurety_store_available\{/])
      expect(shown).toMatch(one);
  });

  it('asks the data source that its variable names, in places of its own', () => {
    const { panels, templating } = JSON.parse(read('deploy/grafana/surety.json')) as Dashboard;
    expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const asking = panels.filter(({ type }) => type !== 'row');
    for (const { title, datasource, targets = [] } of asking) {
      for (const source of [datasource, ...targets.map((target) => target.datasource)])
        expect(source, title).toEqual({ type: 'prometheus', uid: `\${datasource}` });
      for (const { expr } of targets) expect(expr, title).toContain('{job=~"$job", instance=~"$instance"');
    }
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const places = panels.map(({ gridPos: { x, y } }) => `${x} ${y}`);
    expect(new Set(places).size).toBe(places.length);
  });
});

interface Query {
  readonly expr: string;
  readonly datasource?: object;
}
interface Dashboard {
  readonly panels: {
    readonly id: number;
    readonly type: string;
    readonly title: string;
    readonly datasource?: object;
    readonly gridPos: { readonly x: number; readonly y: number };
    readonly targets?: Query[];
  }[];
  readonly templating: { readonly list: { readonly definition?: string }[] };
}
interface Rules {
  readonly groups: { readonly rules: Query[] }[];
}

/** Of the dashboard and of the alerts. */
function queries(): string[] {
  const dashboard = JSON.parse(read('deploy/grafana/surety.json')) as Dashboard;
  const { groups } = parse(read('deploy/prometheus/alerts.yml')) as Rules;
  return [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ definition = '' }) => definition),
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  ].filter((expr) => expr !== '');
}

/** Functions and words of PromQL and of Grafana that the queries use; whatever else is a name must be a metric. */
const WORDS = new Set(
  'sum min max max_over_time rate increase histogram_quantile label_values by on group_left le method route status code outcome model version role instance state operation kind job'.split(
    ' ',
  ),
);

/** Names in a query that are neither words, nor in a selector, a text or a range. */
function metricsIn(expr: string): string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, '').replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '');
  return [...bare.matchAll(/[a-z_]\w*/gi)].map(([name]) => name).filter((name) => !WORDS.has(name));
}

/** `up` is Prometheus's own. */
function isTold(name: string): boolean {
  const { type } = DOCUMENTED.find((one) => one.name === name.replace(/_(bucket|sum|count)$/, '')) ?? {};
  return name === 'up' || NAMES.has(name) || type === 'histogram';
}

/** The buckets of each series count up to its count. */
function expectHistogram(samples: Family['samples'], name: string) {
  const bySeries = Map.groupBy(samples, ({ labels: { le: _, ...own } }) => JSON.stringify(own));
  for (const series of bySeries.values()) {
    const valuesOf = (suffix: string) =>
      series.filter((sample) => sample.name === `${name}_${suffix}`).map(({ value }) => value);
    const buckets = valuesOf('bucket');
    expect(buckets, name).toEqual([...buckets].sort((a, b) => a - b));
    expect(valuesOf('count'), name).toEqual([buckets.at(-1)]);
    expect(valuesOf('sum'), name).toHaveLength(1);
  }
}
