// Imports point one way. Fails when a module imports from a layer that its own may not use:
// docs/architecture.md.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** What each layer may import besides itself; a layer is a folder, or a file of src/. */
const LAYERS: Record<string, readonly string[]> = {
  'src/kernel': [],
  'src/errors.ts': [],
  'src/taking-turns.ts': [],
  'src/loopback.ts': [],
  'src/environment.ts': ['src/loopback.ts'],
  'src/config.ts': ['src/environment.ts'],
  'src/tls.ts': ['src/config.ts'],
  'src/caller.ts': ['src/errors.ts'],
  'src/describe-error.ts': [],
  'src/logger.ts': ['src/describe-error.ts'],
  'src/heap-guard.ts': ['src/errors.ts', 'src/threads'],
  'src/ridge': ['src/kernel'],
  'src/certify': ['src/kernel'],
  'src/features': ['src/kernel', 'src/errors.ts'],
  'src/ingest': ['src/features', 'src/errors.ts', 'src/taking-turns.ts', 'src/heap-guard.ts'],
  'src/threads': [],
  'src/store': [],
  'src/store-failed.ts': ['src/store', 'src/errors.ts'],
  'src/access': ['src/store', 'src/store-failed.ts', 'src/caller.ts', 'src/config.ts', 'src/errors.ts'],
  'src/figure': [],
  'src/models': [
    'src/certify',
    'src/ridge',
    'src/kernel',
    'src/features',
    'src/ingest',
    'src/store',
    'src/threads',
    'src/describe-error.ts',
    'src/errors.ts',
    'src/store-failed.ts',
    'src/taking-turns.ts',
  ],
  schemas: ['src/caller.ts', 'src/errors.ts'],
  'src/readiness.ts': ['src/models'],
  'src/metrics': ['src/models', 'src/store', 'src/errors.ts'],
  'src/tracing': ['src/models', 'src/config.ts'],
  'src/plugins': [
    'schemas',
    'src/access',
    'src/metrics',
    'src/tracing',
    'src/caller.ts',
    'src/config.ts',
    'src/errors.ts',
    'src/loopback.ts',
    'src/taking-turns.ts',
    'src/heap-guard.ts',
  ],
  routes: [
    'schemas',
    'src/models',
    'src/ingest',
    'src/figure',
    'src/plugins',
    'src/access',
    'src/caller.ts',
    'src/errors.ts',
    'src/readiness.ts',
  ],
  'src/app.ts': [
    'routes',
    'src/plugins',
    'src/access',
    'src/metrics',
    'src/models',
    'src/store',
    'src/config.ts',
    'src/errors.ts',
    'src/readiness.ts',
  ],
  'src/backup.ts': ['src/models', 'src/store', 'src/config.ts'],
  'src/server.ts': ['src/app.ts', 'src/store', 'src/config.ts', 'src/logger.ts', 'src/tls.ts'],
  'src/keys.ts': ['schemas', 'src/access', 'src/store', 'src/config.ts'],
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
