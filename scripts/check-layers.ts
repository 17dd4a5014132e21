// The shape of the tree, docs/architecture.md: imports point one way, never in a circle (types count), and no folder
// of src grows so large that nobody finds their way in it. Fails and says where otherwise.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';

/**
 * What each layer may import besides itself; a layer is a folder, or a file. From the bottom to the top: a layer
 * may import only layers that stand above it in this table.
 */
const LAYERS: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/config': [],
  'src/verdict/methods.ts': [],
  'src/caller.ts': ['src/errors.ts'],
  'src/process': ['src/config', 'src/errors.ts'],
  build: [], // the types of the compiled kernel
  'src/kernel': ['build'],
  'src/certify': ['src/kernel'],
  'src/ridge': ['src/kernel'],
  'src/features': ['src/kernel', 'src/errors.ts'],
  'src/ingest': ['src/features', 'src/process', 'src/errors.ts'],
  'src/store': ['src/errors.ts'],
  'src/figure': [],
  'src/model': [
    ...['src/certify', 'src/ridge', 'src/features', 'src/ingest', 'src/store', 'src/kernel'],
    'src/errors.ts',
  ],
  'src/verdict': [
    ...['src/model', 'src/certify', 'src/ridge', 'src/features', 'src/kernel'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/workers': [
    ...['src/verdict', 'src/model', 'src/ridge', 'src/kernel'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/fit': [
    ...['src/workers', 'src/model', 'src/certify', 'src/ridge', 'src/features', 'src/ingest', 'src/kernel'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/threat': ['src/model', 'src/certify', 'src/features', 'src/process', 'src/errors.ts'],
  'src/registry': [
    ...['src/threat', 'src/fit', 'src/workers', 'src/model', 'src/features', 'src/ingest', 'src/store'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/evaluate': [
    ...['src/fit', 'src/workers', 'src/verdict', 'src/model', 'src/certify', 'src/ridge'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/access': ['src/store', 'src/config', 'src/caller.ts', 'src/errors.ts'],
  'src/metrics': ['src/registry', 'src/workers', 'src/verdict', 'src/model', 'src/store', 'src/errors.ts'],
  'src/tracing': ['src/workers', 'src/verdict', 'src/config'],
  schemas: ['src/verdict/methods.ts', 'src/caller.ts', 'src/errors.ts'],
  'src/http': ['schemas', 'src/metrics', 'src/process', 'src/caller.ts', 'src/errors.ts'],
  'src/plugins': [
    ...['src/http', 'schemas', 'src/access', 'src/metrics', 'src/tracing'],
    ...['src/process', 'src/config', 'src/caller.ts', 'src/errors.ts'],
  ],
  routes: [
    ...[
      'src/plugins',
      'src/http',
      'schemas',
      'src/access',
      'src/threat',
      'src/evaluate',
      'src/registry',
      'src/verdict',
    ],
    ...['src/workers', 'src/model', 'src/ingest', 'src/figure', 'src/caller.ts', 'src/errors.ts'],
  ],
  'src/app.ts': [
    ...['routes', 'src/plugins', 'src/http', 'src/access', 'src/metrics', 'src/registry', 'src/workers'],
    ...['src/store', 'src/config', 'src/errors.ts'],
  ],
  'src/backup.ts': ['src/registry', 'src/store', 'src/config'],
  'src/server.ts': ['src/app.ts', 'src/store', 'src/process', 'src/config'],
  'src/keys.ts': ['schemas', 'src/access', 'src/store', 'src/config'],
};

/** Layers of pure mathematics: no HTTP, database, clock, file or random source; only these packages. */
const PURE: Record<string, readonly string[]> = {
  build: [], // the types of the compiled kernel
  'src/kernel': ['build'],
  'src/certify': [],
  'src/ridge': ['ml-matrix'],
};
const IMPURE =
  /\b(Math\.random|Date\.now|new Date|performance\.|process\.|setTimeout|setInterval|setImmediate|crypto|randomUUID|fetch\()/;

/** The share of the lines of src that the files of one folder may have. */
const MAX_SHARE = 1 / 8;
/** However small the tree. */
const MIN_LINES = 1000;

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const files = new Map(sourceFiles().map((file) => [file, readFileSync(join(root, file), 'utf8')]));
const imports = new Map([...files].map(([file, text]) => [file, importsIn(text)]));

const problems = [
  ...tableProblems(),
  ...[...files.keys()].flatMap(layerProblems),
  ...circleProblems(),
  ...sizeProblems(),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

function sourceFiles(): string[] {
  return ['src', 'routes', 'schemas']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        posix.join(folder, file.split(sep).join('/')),
      ),
    )
    .filter((file) => file.endsWith('.ts'));
}

function importsIn(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map((match) => match[1]!);
}

/** The files of the tree that a file imports, types included. */
function importedBy(file: string): string[] {
  const specifiers = imports.get(file)!.filter((specifier) => specifier.startsWith('.'));
  return specifiers.map((specifier) => posix.join(posix.dirname(file), specifier));
}

function isIn(file: string, layer: string): boolean {
  return file === layer || file.startsWith(`${layer}/`);
}

function layerOf(file: string): string | undefined {
  const within = Object.keys(LAYERS).filter((layer) => isIn(file, layer));
  return within.sort((a, b) => b.length - a.length)[0]; // a file of its own before the folder that it is in
}

/** Each layer of the table imports only from those above it: so there is no circle of layers. */
function tableProblems(): string[] {
  const order = Object.keys(LAYERS);
  return Object.entries(LAYERS).flatMap(([layer, below]) =>
    below
      .filter((one) => !(order.indexOf(one) < order.indexOf(layer)) || !order.includes(one))
      .map((one) => `scripts/check-layers.ts: ${one} does not stand above ${layer}`),
  );
}

function layerProblems(file: string): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file}: belongs to no layer; name it in scripts/check-layers.ts`];
  const upward = importedBy(file)
    .filter((target) => ![layer, ...LAYERS[layer]!].some((one) => isIn(target, one)))
    .map((target) => `${file}: ${layer} may not import ${target}`);
  const packages = PURE[layer];
  if (packages === undefined) return upward;
  const foreign = imports
    .get(file)!
    .filter((specifier) => !specifier.startsWith('.') && !packages.includes(specifier))
    .map((specifier) => `${file}: imports ${specifier}`);
  const impure = IMPURE.exec(files.get(file)!)?.[0];
  return [...upward, ...foreign, ...(impure === undefined ? [] : [`${file}: uses ${impure}`])];
}

/** One problem a circle: each file that a search in depth meets again on its own path. */
function circleProblems(): string[] {
  const done = new Set<string>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string) => {
    const at = path.indexOf(file);
    if (at >= 0) found.push(`a circle: ${[...path.slice(at), file].join(' -> ')}`);
    if (at >= 0 || done.has(file) || !files.has(file)) return;
    path.push(file);
    for (const target of importedBy(file)) visit(target);
    path.pop();
    done.add(file);
  };
  for (const file of files.keys()) visit(file);
  return found;
}

function sizeProblems(): string[] {
  const lines = new Map<string, number>();
  let all = 0;
  for (const [file, text] of files) {
    if (!file.startsWith('src/')) continue;
    const folder = posix.dirname(file);
    const own = text.split('\n').length - 1;
    lines.set(folder, (lines.get(folder) ?? 0) + own);
    all += own;
  }
  return [...lines]
    .filter(([, own]) => own > MIN_LINES && own > MAX_SHARE * all)
    .map(
      ([folder, own]) => `${folder}: its files have ${own} of the ${all} lines of src; open it into rooms`,
    );
}
