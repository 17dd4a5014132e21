import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { databaseIn } from '../../src/store/sqlite/open-sqlite.ts';
import { runCommand } from '../support/process/process.ts';
import { startService, temporaryFolder } from '../support/process/service.ts';

/** A request to an earlier build, and what it answered: made by scripts/upgrade-fixture.ts. */
interface Case {
  readonly method: string;
  readonly path: string;
  readonly body?: { readonly model?: string; readonly method?: string };
  readonly status: number;
  readonly answer: string;
}

/**
 * What an earlier build answered wrongly, or left unsaid, put right: `by` named a proof that had not reached `flips` where those
 * were all rows that may be flipped; a threat in words did not say which classes a label may become. Of which kind a result
 * or a certificate is had to be told from its other members.
 */
function mended(answer: string, classes: readonly string[]): string {
  const smoothed = /"flips":(\d+),([^{}]*)"by":"kl","klFlips":(\d+),"neymanPearsonFlips":(\d+)/g;
  const into = `, as any of these classes (${classes.map((name) => `'${name}'`).join(', ')})`;
  const said = answer.replaceAll(
    /("description":"Only labels of rows where [^"]*[^,]) may be wrong:/g,
    `$1 may be wrong${into}:`,
  );
  const method = /"method":("[a-z-]+")/.exec(answer)?.[1];
  const told = said
    .replaceAll('{"prediction":', '{"status":"certified","prediction":')
    .replaceAll('{"error":{', '{"status":"refused","error":{')
    .replaceAll('"certificate":{', `"certificate":{"method":${method},`);
  return told.replaceAll(smoothed, (whole, flips, between, kl, neymanPearson) => {
    const by = kl === flips ? 'kl' : neymanPearson === flips ? 'neyman-pearson' : 'linear';
    return whole.replace(`${between}"by":"kl"`, `${between}"by":"${by}"`);
  });
}

/** Radii have grown in their last places since, as the bound on their rounding has been tightened. */
const RADIUS = /"radius":\{[^}]*\}/g;
const withoutRadii = (answer: string) => answer.replaceAll(RADIUS, '');
const radiiIn = (answer: string) =>
  [...answer.matchAll(RADIUS)].flatMap(([radius]) =>
    [...radius.matchAll(/:(\d[^,}]*)/g)].map(([, value]) => Number(value)),
  );

/** What every evaluation also has since: told from all else, which must be as it was. */
const ADDED = new Set([
  'balancedAccuracy',
  'auc',
  'perClass',
  'mostGivenAnswer',
  'certifiedBalancedAccuracy',
]);
function withoutAdded(path: string, answer: string): string {
  if (path !== '/evaluate') return answer;
  return JSON.stringify(
    JSON.parse(answer, function (this: object, name, value) {
      return ADDED.has(name) || (name === 'warnings' && 'abstentions' in this) ? undefined : value;
    }),
  );
}

const folder = import.meta.dirname;
const unzipped = (path: string) => gunzipSync(readFileSync(join(folder, path)));
const builds = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe.each(builds)('a data folder that build $name has left', ({ name }) => {
  it('opens with the same digests, and gives the same answers, byte for byte', async () => {
    const dataDir = join(temporaryFolder(), 'data');
    mkdirSync(dataDir);
    writeFileSync(databaseIn(dataDir), unzipped(`${name}/surety.sqlite.gz`));
    const refit = await runCommand('src/backup.ts', ['verify', '--refit'], { SURETY_DATA_DIR: dataDir });
    expect(refit, 'what it derived is what this build derives, bit for bit').toMatchObject({ code: 0 });
    const service = await startService({ dataDir });
    const cases = JSON.parse(unzipped(`${name}/answers.json.gz`).toString()) as Case[];
    expect(cases.length).toBeGreaterThan(50);
    for (const { method, path, body, status, answer } of cases) {
      const headers = { 'content-type': 'application/json', 'x-request-id': 'upgrade' };
      const response = await fetch(service.url + path, {
        ...{ method, headers },
        ...(body && { body: JSON.stringify(body) }),
      });
      const text = withoutAdded(path, await response.text());
      const asked = `${method} ${path} ${body?.model ?? ''} ${body?.method ?? ''}`;
      const expected = mended(answer, ['bad', 'good']);
      expect([response.status, withoutRadii(text)], asked).toEqual([status, withoutRadii(expected)]);
      for (const [k, before] of radiiIn(expected).entries()) {
        expect(radiiIn(text)[k]! / before, asked).toBeGreaterThan(1);
        expect(radiiIn(text)[k]! / before, asked).toBeLessThan(1 + 1e-9);
      }
    }
  });
});
