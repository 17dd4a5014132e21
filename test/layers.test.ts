import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/process/service.ts';

const SCRIPT = fileURLToPath(new URL('../scripts/check-layers.ts', import.meta.url));

function check(files: Record<string, string>) {
  const root = temporaryFolder();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, root], { encoding: 'utf8' });
  return { status, problems: stderr.trim().split('\n') };
}

it('the tree keeps to its layers', () => {
  expect(spawnSync(process.execPath, [SCRIPT], { encoding: 'utf8' })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

it('imports down the layers pass', () => {
  const files = {
    'src/certify/a.ts': "import { b } from '../kernel/b.ts';",
    'src/kernel/b.ts': 'export const b = 1;',
  };
  expect(check(files).status).toBe(0);
});

it.each([
  ['src/kernel/a.ts', "import type { M } from '../store/m.ts';", 'src/kernel may not import src/store/m.ts'],
  ['src/certify/a.ts', "export { app } from '../app.ts';", 'src/certify may not import src/app.ts'],
  [
    'src/certify/a.ts',
    "const m = await import('../store/s.ts');",
    'src/certify may not import src/store/s.ts',
  ],
  ['src/certify/a.ts', "import Fastify from 'fastify';", 'imports fastify'],
  ['src/ridge/a.ts', "import { readFileSync } from 'node:fs';", 'imports node:fs'],
  ['src/kernel/a.ts', 'export const x = Math.random();', 'uses Math.random'],
  ['src/somewhere/a.ts', '', 'belongs to no layer; name it in scripts/check-layers.ts'],
])('%s: %s fails', (file, text, problem) => {
  expect(check({ [file]: text })).toEqual({ status: 1, problems: [`${file}: ${problem}`] });
});
