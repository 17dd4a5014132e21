import { expect } from 'vitest';
import { syntheticLoans } from '../../../examples/loans.ts';
import type { SeededRandom } from '../../../src/kernel/seeded-random.ts';
import { call, postJson, toCsv, uploadForm } from '../process/process.ts';

const NAMES = ['loans', 'cars', 'homes'];
/** As many as may have breaking sets in one answer of a model with 5,000 rows. */
const PROBES = syntheticLoans(4, 4_000_000_000).map(({ outcome, ...loan }) => loan);
const REQUESTS = [{ explain: { breakingSet: true } }, { method: 'smoothed' }];

export interface Described {
  readonly name: string;
  readonly version: number;
  readonly digest: string;
  readonly createdAt: string;
}

/** A content, what an uninterrupted service says of it, and the version under which it has been seen. */
export interface Content {
  readonly form: (name: string) => ReturnType<typeof uploadForm>;
  readonly name: string;
  readonly described: Described;
  /** Milliseconds that its registration took. */
  readonly took: number;
  readonly certificates: readonly string[];
  /** Once seen, it must stay. */
  seen?: Described;
}

/** A training set that no other number has, registered with the uninterrupted service. */
export async function newContent(
  reference: { readonly url: string },
  number: number,
  random: SeededRandom,
): Promise<Content> {
  const csv = toCsv(syntheticLoans(2000 + random.below(3000), number));
  const components = [null, 50, 120][random.below(3)]!;
  const randomFourier = components && { components, seed: number };
  const settings = { noise: { q: 0.1 + 0.3 * random.uniform() }, features: { randomFourier } };
  const form = (name: string) => uploadForm({ name, target: 'outcome', settings }, csv);
  const unique = `reference-${number}`;
  const begun = performance.now();
  const { status, text } = await call(reference.url, 'POST', '/models', form(unique));
  const took = performance.now() - begun;
  expect(status, text).toBe(201);
  const certificates = await Promise.all(
    REQUESTS.map((_, which) => certificate(reference.url, unique, 1, which)),
  );
  await call(reference.url, 'DELETE', `/models/${unique}`);
  return { form, name: NAMES[random.below(NAMES.length)]!, described: JSON.parse(text), took, certificates };
}

/** The results that a service gives for a content, as the text of the answers: equal means bit for bit. */
export function certificates(url: string, { name, version }: Described): Promise<string[]> {
  return Promise.all(REQUESTS.map((_, which) => certificate(url, name, version, which)));
}

async function certificate(url: string, model: string, version: number, which: number): Promise<string> {
  const { status, text } = await ask(url, model, version, which);
  expect(status, text).toBe(200);
  return resultsOf(text);
}

function ask(url: string, model: string, version: number, which: number) {
  return postJson(url, '/certify', { model, version, instances: PROBES, ...REQUESTS[which] });
}

const resultsOf = (text: string) => text.slice(text.indexOf('"results"'));

/**
 * Asks for certificates of contents on so many connections at a time, again and again, until the service dies, and checks each
 * answer that comes. `done` gives how many came, and throws when one was not as it should be.
 */
export function certifyLoad(
  url: string,
  contents: readonly Content[],
  connections: number,
  random: SeededRandom,
): { done: () => Promise<number> } {
  let checked = 0;
  let over = contents.length === 0;
  const loop = async () => {
    while (!over) {
      const { seen, certificates: expected } = contents[random.below(contents.length)]!;
      const which = random.below(REQUESTS.length);
      const answer = await ask(url, seen!.name, seen!.version, which).catch(() => null); // killed over it
      if (answer === null) return;
      expect([answer.status, resultsOf(answer.text)], `${seen!.name} ${seen!.version}`).toEqual([
        200,
        expected[which],
      ]);
      checked++;
    }
  };
  const all = Promise.all(Array.from({ length: connections }, loop));
  all.catch(() => {}); // thrown by `done`
  return {
    done: async () => {
      over = true;
      await all;
      return checked;
    },
  };
}

/**
 * Everything served is whole, and everything ever seen is served; the certificates are compared for `certified`. Notes
 * what is seen for the first time.
 */
export async function checkServed(
  url: string,
  contents: readonly Content[],
  trace: string,
  certified = contents,
): Promise<void> {
  const { models } = JSON.parse((await call(url, 'GET', '/models')).text) as { models: Described[] };
  const ready = JSON.parse((await call(url, 'GET', '/readyz')).text);
  expect(ready, trace).toEqual({ status: 'ready', models: models.length, damaged: [] });
  for (const model of models) {
    const content = contents.find(
      ({ name, described }) => name === model.name && described.digest === model.digest,
    );
    if (content === undefined)
      throw new Error(`${trace}: serves what was deleted or never sent: ${model.digest}`);
    content.seen ??= model;
    const { version, createdAt } = content.seen;
    expect(model, trace).toEqual({ ...content.described, name: content.name, version, createdAt });
    if (!certified.includes(content)) continue;
    expect(await certificates(url, model), trace).toEqual(content.certificates);
  }
  const digests = new Set(models.map(({ digest }) => digest));
  for (const { seen } of contents) {
    if (seen !== undefined)
      expect(digests, `${trace}: ${seen.name} ${seen.version} is gone`).toContain(seen.digest);
  }
}

/** A client that had no answer sends the same again: it gets the version that is there (200), or a new one (201). */
export async function registerAgain(url: string, content: Content, trace: string): Promise<number> {
  const { status, text } = await call(url, 'POST', '/models', content.form(content.name));
  const model: Described = JSON.parse(text);
  expect(status, `${trace}: sent again: ${text}`).toBe(content.seen === undefined ? 201 : 200);
  content.seen ??= model;
  expect(model, trace).toEqual(content.seen);
  return status;
}
