import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA, hasData, NO_DATA } from '../bench/data.ts';
import { EXAMPLE_COLUMNS, EXAMPLE_MODEL, EXAMPLE_ROWS, EXAMPLE_THREAT_REQUEST } from '../schemas/examples.ts';
import { readConfig, VARIABLES } from '../src/config/config.ts';
import { HALF_OF_MEMORY } from '../src/config/environment.ts';
import { startService } from './support/process/service.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

describe('all documents', () => {
  const folders = ['.', 'docs', 'docs/decisions', 'deploy', 'test/golden', 'test/golden/parquet'];
  const documents = folders.flatMap((folder) =>
    readdirSync(join(import.meta.dirname, '..', folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => join(folder, file)),
  );

  it.each(documents)('%s has no line of prose over 120 characters', (document) => {
    const prose = read(document).replaceAll(/^\s*```[\s\S]*?^\s*```/gm, '');
    const long = prose.split('\n').filter((line) => line.length > 120 && !/^(\|| {4})/.test(line));
    expect(long).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('lists every variable with its default', () => {
    const rows = [
      ...read('docs/configuration.md').matchAll(
        /^\| `(\w+)` \| (`[^`]+`|processors|half of the memory|unset) \|/gm,
      ),
    ];
    expect(rows.map(([, name]) => name)).toEqual(VARIABLES);
    const words: Record<string, string> = {
      processors: String(availableParallelism()),
      'half of the memory': String(HALF_OF_MEMORY),
      unset: '',
    };
    const documented = Object.fromEntries(
      rows.map(([, name, value]) => [name, words[value!] ?? value!.slice(1, -1)]),
    );
    expect(readConfig(documented)).toEqual(readConfig({}));
  });
});

describe('docs/threats.md', () => {
  it('shows the threat of the built-in examples and its answer as they are', async () => {
    const [, request, , answer] = /```json\n([\s\S]*?)```([\s\S]*?)```json\n([\s\S]*?)```/.exec(
      read('docs/threats.md'),
    )!;
    const { explain: _, ...documented } = EXAMPLE_THREAT_REQUEST;
    expect(JSON.parse(request!)).toEqual(documented);
    const service = await startService();
    const table = { name: EXAMPLE_MODEL, target: 'outcome', columns: EXAMPLE_COLUMNS, rows: EXAMPLE_ROWS };
    await service.post('/models').send(table).expect(201);
    const { body } = await service.post('/certify').send(documented).expect(200);
    expect(body).toMatchObject(JSON.parse(answer!));
    const { threat: _threat, ...open } = documented;
    const without = await service.post('/certify').send(open).expect(200);
    expect(read('docs/threats.md')).toContain(`\`flips: ${without.body.results[0].certificate.flips}\``);
  });
});

describe.skipIf(!hasData)(`README${hasData ? '' : ` (skipped: ${NO_DATA})`}`, () => {
  it('shows requests and answers as they are', async () => {
    const text = read('README.md');
    const [registered, certified] = [...text.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) =>
      JSON.parse(json!),
    );
    const request = JSON.parse(/certify -d '([\s\S]*?)'/.exec(text)![1]!);
    const model = /-F 'model=(\{.*?\})'/.exec(text)![1]!;
    const service = await startService();
    const csv = readFileSync(join(DATA, 'german-credit.csv'), 'utf8');
    const upload = (as: string, data: string) =>
      service.post('/models').field('model', as).attach('data', Buffer.from(data), { filename: 'x.csv' });
    expect((await upload(model, csv).expect(201)).body).toMatchObject(registered);
    expect((await service.post('/certify').send(request).expect(200)).body).toEqual(certified);

    // what its awk command does: lines 89 and 565, together and apart
    const attack = (...numbers: number[]) =>
      csv
        .split('\n')
        .map((line, i) =>
          numbers.includes(i + 1)
            ? line.replace(/(good|bad)$/, (x) => (x === 'good' ? 'bad' : 'good'))
            : line,
        )
        .join('\n');
    const predict = async (data: string) => {
      const { body } = await upload(model.replace('german-credit', 'attacked'), data).expect(201);
      const again = { ...request, model: 'attacked', version: body.version };
      return (await service.post('/certify').send(again).expect(200)).body.results[0].prediction;
    };
    expect(text).toContain('NR==89 || NR==565');
    expect(await predict(attack(89, 565))).toBe('good');
    expect(await predict(attack(89))).toBe('bad');
    expect(await predict(attack(565))).toBe('bad');
  });
});
