import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { OpenAPIV3_1 } from 'openapi-types';
import { describe, expect, it } from 'vitest';
import { keyOf } from '../support/process/keys.ts';
import { document } from '../support/process/openapi.ts';
import { operations } from '../support/process/openapi-operations.ts';
import { startService, temporaryFolder } from '../support/process/service.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const tool = (name: string) => join(root, 'node_modules/.bin', name);

/** As strict as the project itself, the generated code included. */
const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2024', lib: ['es2024', 'dom', 'dom.iterable'], module: 'nodenext', types: ['node'] },
    ...{ strict: true, skipLibCheck: true, rewriteRelativeImportExtensions: true },
    ...{ rootDir: '.', outDir: 'compiled' },
  },
  include: ['*.ts'],
};

const GENERATORS: Readonly<Record<string, (folder: string) => [command: string, args: string[]]>> = {
  'openapi-fetch': (folder) => [
    tool('openapi-typescript'),
    [join(root, 'openapi.yaml'), '-o', join(folder, 'generated/openapi-typescript.ts')],
  ],
  'hey-api': (folder) => [
    tool('openapi-ts'),
    ['-i', join(root, 'openapi.yaml'), '-o', join(folder, 'generated/hey-api')],
  ],
};

describe.each(Object.keys(GENERATORS))('a client that is generated for %s', (name) => {
  it('compiles under strict, and calls each operation of openapi.yaml', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    cpSync(join(import.meta.dirname, `programs/${name}.ts`), join(folder, 'program.ts'));
    await run(...GENERATORS[name]!(folder), { cwd: folder });
    await run(tool('tsc'), ['-p', folder]).catch(({ stdout }) => expect.fail(`tsc: ${stdout}`));

    const lines: string[] = [];
    const log = { write: (line: string) => void lines.push(line) };
    const service = await startService({ config: { auth: true }, log });
    await run(process.execPath, [join(folder, 'compiled/program.js'), service.url, await keyOf(service)]);
    await service.stop();

    const answered = lines
      .map((line) => JSON.parse(line))
      .filter(({ msg, status }) => msg === 'request' && status < 300)
      .map(({ method, route }) => `${method} ${route}`);
    const all = operations(document as unknown as OpenAPIV3_1.Document).map(
      ({ method, path }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    );
    expect([...new Set(answered)].sort()).toEqual(all.sort());
  });
});
