import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { expect, it } from 'vitest';
import { startService, temporaryFolder } from './support/process/service.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..');
const tool = (name: string) => join(root, 'node_modules/.bin', name);

it('GET /openapi-3.0.json is OpenAPI 3.0, and says the same to a client that is generated from it', {
  timeout: 60_000,
}, async () => {
  const service = await startService({ config: { auth: true } });
  const { text, body } = await service.get('/openapi-3.0.json').expect(200);
  const { body: current } = await service.get('/openapi.json').expect(200);
  expect(Object.keys(body.paths)).toEqual(Object.keys(current.paths));
  const config = await createConfig({ extends: ['spec'] });
  const problems = await lintFromString({ source: text, config });
  expect(problems.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual(
    [],
  );

  const folder = temporaryFolder();
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const document = join(folder, 'openapi-3.0.json');
  writeFileSync(document, text);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  cpSync(join(root, 'test/clients/programs/hey-api.ts'), join(folder, 'program.ts'));
  await run(tool('openapi-ts'), ['-i', document, '-o', join(folder, 'generated/hey-api')], { cwd: folder });
  const strict = ['--strict', '--noEmit', '--skipLibCheck', '--allowImportingTsExtensions'];
  const target = ['--target', 'es2024', '--lib', 'es2024,dom,dom.iterable', '--module', 'nodenext'];
  const compiled = run(tool('tsc'), [...strict, ...target, '--types', 'node', 'program.ts'], { cwd: folder });
  await compiled.catch(({ stdout }) => expect.fail(`tsc: ${stdout}`));
});
