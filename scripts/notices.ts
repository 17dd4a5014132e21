// Writes the licence notices of the packages that the service runs with, those of package-lock.json that are not for
// development alone: name, version, licence, and the texts that each brings. Fails where a licence is not known.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

const RULE = '-'.repeat(80);
const root = join(import.meta.dirname, '..');
const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(root, ...path), 'utf8'));

const { packages } = readJson<{ packages: Record<string, Locked> }>('package-lock.json');
const installed = Object.entries(packages)
  .filter(([path, { dev, optional }]) => {
    if (path === '' || dev) return false;
    return !optional || existsSync(join(root, path)); // optional ones are not for every machine
  })
  .map(([path]) => path)
  .sort();

const notices = installed.map(noticeOf);
const head =
  'Surety is licensed under Apache-2.0 (LICENSE). It runs with the packages below, each under its own licence.';
process.stdout.write(`${[head, ...notices].join(`\n\n${RULE}\n`)}\n`);

function noticeOf(path: string): string {
  const { name, version, license } = readJson<Manifest>(path, 'package.json');
  if (!license || /^(see|unlicensed)/i.test(license)) throw new Error(`${path}: its licence is not known`);
  const texts = licenceFiles(join(root, path)).map((file) => readFileSync(file, 'utf8').trim());
  if (texts.length === 0) texts.push(licenceInReadme(join(root, path)));
  return [`${name} ${version}\nLicence: ${license}`, ...texts].join('\n\n');
}

/** Files of licences and notices, also those in a folder of them. */
function licenceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => /^(licen[cs]e|copying|notice)/i.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory()
        ? readdirSync(path)
            .sort()
            .map((file) => join(path, file))
        : [path];
    });
}

/** What a package without such a file says in its readme. */
function licenceInReadme(folder: string): string {
  const readme = readdirSync(folder).find((file) => /^readme/i.test(file));
  const text = readme === undefined ? '' : readFileSync(join(folder, readme), 'utf8');
  const [section] = /^#+ *licen[cs]e\b[\s\S]*/im.exec(text) ?? [];
  if (section === undefined) throw new Error(`${folder}: no text of its licence`);
  return section.trim();
}
