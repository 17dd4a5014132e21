// Imports point one way. Fails when a module imports from a layer that its own may not use:
// docs/architecture.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * What each layer may import besides itself; a layer is a folder, or a file. From the bottom to the top: a layer
 * may import only layers that stand above it in this table.
 */
const LAYERS: Record<string, readonly string[]> = {
  'src/errors.ts': [],
  'src/config': [],
  'src/caller.ts': ['src/errors.ts'],
  'src/process': ['src/config', 'src/errors.ts'],
  'src/kernel': [],
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
  'src/registry': [
    ...['src/fit', 'src/workers', 'src/model', 'src/features', 'src/ingest', 'src/store'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/evaluate': [
    ...['src/fit', 'src/workers', 'src/verdict', 'src/model', 'src/certify', 'src/ridge'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/threat': [
    ...['src/registry', 'src/workers', 'src/model', 'src/certify', 'src/features'],
    ...['src/process', 'src/errors.ts'],
  ],
  'src/access': ['src/store', 'src/config', 'src/caller.ts', 'src/errors.ts'],
  'src/metrics': ['src/registry', 'src/workers', 'src/verdict', 'src/model', 'src/store', 'src/errors.ts'],
  'src/tracing': ['src/workers', 'src/verdict', 'src/config'],
  schemas: ['src/caller.ts', 'src/errors.ts'],
  'src/plugins': [
    ...['schemas', 'src/access', 'src/metrics', 'src/tracing'],
    ...['src/process', 'src/config', 'src/caller.ts', 'src/errors.ts'],
  ],
  routes: [
    ...['src/plugins', 'schemas', 'src/access', 'src/threat', 'src/evaluate', 'src/registry', 'src/verdict'],
    ...['src/workers', 'src/model', 'src/ingest', 'src/figure', 'src/caller.ts', 'src/errors.ts'],
  ],
  'src/app.ts': [
    ...['routes', 'src/plugins', 'src/access', 'src/metrics', 'src/registry', 'src/workers'],
    ...['src/store', 'src/config', 'src/errors.ts'],
  ],
  'src/backup.ts': ['src/registry', 'src/store', 'src/config'],
  'src/server.ts': ['src/app.ts', 'src/store', 'src/process', 'src/config'],
  'src/keys.ts': ['schemas', 'src/access', 'src/store', 'src/config'],
};

/** Layers of pure mathematics: no HTTP, database, clock, file or random source; only these packages. */
const PURE: Record<string, readonly string[]> = {
  'src/kernel': [],
  'src/certify': [],
  'src/ridge': ['ml-matrix'],
};
const IMPURE =
  /\b(Math\.random|Date\.now|new Date|performance\.|process\.|setTimeout|setInterval|setImmediate|crypto|randomUUID|fetch\()/;

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const problems = sourceFiles().flatMap(problemsOf);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;

function sourceFiles(): string[] {
  return ['src', 'routes', 'schemas']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
        join(folder, file),
      ),
    )
    .filter((file) => file.endsWith('.ts'));
}

function problemsOf(file: string): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file}: belongs to no layer; name it in scripts/check-layers.ts`];
  const text = readFileSync(join(root, file), 'utf8');
  const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g)].map(
    (match) => match[1]!,
  );
  const problems = imports.flatMap((specifier) => problemOf(file, layer, specifier));
  const packages = PURE[layer];
  if (packages !== undefined && IMPURE.test(text)) problems.push(`${file}: uses ${IMPURE.exec(text)![0]}`);
  return problems;
}

function problemOf(file: string, layer: string, specifier: string): string[] {
  if (!specifier.startsWith('.')) {
    const allowed = PURE[layer];
    return allowed === undefined || allowed.includes(specifier) ? [] : [`${file}: imports ${specifier}`];
  }
  const target = relative(root, join(root, dirname(file), specifier));
  const imported = layerOf(target);
  const allowed = imported === layer || (imported !== undefined && LAYERS[layer]!.includes(imported));
  return allowed ? [] : [`${file}: ${layer} may not import ${target}`];
}

function layerOf(file: string): string | undefined {
  const path = file.split(sep).join('/');
  return Object.keys(LAYERS).find((layer) => path === layer || path.startsWith(`${layer}/`));
}
