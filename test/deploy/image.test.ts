import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/process/process.ts';

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
}

interface Bom {
  readonly bomFormat: string;
  readonly components: readonly {
    readonly purl: string;
    readonly licenses?: readonly { readonly license?: { readonly id?: string } }[];
  }[];
}

const LICENCE = /^[A-Za-z0-9.-]+$/;
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const dockerfile = read('Dockerfile');
const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> };
/** Where the packages are that are not for development alone; and the name and version of each. */
const paths = Object.keys(packages).filter((path) => path !== '' && !packages[path]!.dev);
const expected = paths.map((path) => ({
  name: path.replace(/^.*node_modules\//, ''),
  version: packages[path]!.version,
}));

describe('the image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-test-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs the Dockerfile's commands that write a file, beside these packages alone: their texts, not their code. */
  beforeAll(() => {
    const texts = paths.flatMap((path) =>
      readdirSync(join(ROOT, path))
        .filter((file) => /^(package\.json|licen[cs]e.*|copying.*|notice.*|readme.*)$/i.test(file))
        .map((file) => join(path, file)),
    );
    for (const path of ['package.json', 'package-lock.json', 'scripts/notices.ts', ...texts]) {
      cpSync(join(ROOT, path), join(folder, path), { recursive: true });
    }
    const commands = [...dockerfile.matchAll(/^RUN (.* > \S+)$/gm)].map(([, command]) => command);
    const PATH = [dirname(process.execPath), process.env.PATH].join(delimiter);
    execFileSync('sh', ['-ec', commands.join('\n')], { cwd: folder, env: { ...process.env, PATH } });
  }, 60_000);

  const made = (file: string) => {
    expect(dockerfile).toMatch(new RegExp(`^COPY --from=packages .*/app/${file} `, 'm'));
    return readFileSync(join(folder, file), 'utf8');
  };

  it('lists the packages that it runs with, each with its licence', () => {
    const { bomFormat, components } = JSON.parse(made('sbom.cdx.json')) as Bom;
    expect(bomFormat).toBe('CycloneDX');
    const urls = expected.map(({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`);
    expect(new Set(components.map(({ purl }) => purl))).toEqual(new Set(urls));
    for (const { purl, licenses } of components) {
      expect(licenses?.[0]?.license?.id, purl).toMatch(LICENCE);
    }
  });

  it('holds their licences, each with a text', () => {
    const notices = made('NOTICES')
      .split(`\n${'-'.repeat(80)}\n`)
      .slice(1);
    const heads = notices.map((notice) => notice.split('\n')[0]);
    expect(new Set(heads)).toEqual(new Set(expected.map(({ name, version }) => `${name} ${version}`)));
    for (const notice of notices) {
      const [head, licence, , ...text] = notice.split('\n');
      expect(licence?.replace('Licence: ', ''), head).toMatch(LICENCE);
      expect(text.join('\n'), head).toMatch(/licen[cs]e|permission/i);
    }
  });

  it('is built on one base, by digest, with the Node that the tests run on', () => {
    const [, base] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)!;
    expect(base).toMatch(/^node:[\d.]+-bookworm-slim@sha256:[0-9a-f]{64}$/);
    expect(base).toContain(`node:${packages['node_modules/node']!.version}-`);
    expect(dockerfile.match(/^FROM .*/gm)).toHaveLength(3);
    expect(dockerfile.match(/^FROM \$\{NODE_IMAGE\}( AS \w+)?$/gm)).toHaveLength(3);
  });
});
