import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/process/service.ts';

const PROGRAM = fileURLToPath(new URL('reference.py', import.meta.url));
const FILES = ['certificates.json', 'neyman-pearson.json', 'partitions.json'] as const;

/** Runs Python; the exit code is null where there is none to run. */
function python(...args: string[]): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve) => {
    execFile('python3', args, (error, stdout) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
      resolve({ code, stdout });
    });
  });
}

const { code } = await python('-c', 'import sys; sys.exit(sys.version_info < (3, 10))');
const NO_PYTHON = code === 0 ? null : 'there is no python3 of version 3.10 or newer';

/** A copy of the golden files with the first case of each, and some text of one file replaced. */
function shortCopy(changed?: { file: (typeof FILES)[number]; text: string; by: string }): string {
  const folder = temporaryFolder();
  for (const file of FILES) {
    const cases: unknown[] = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
    const text = JSON.stringify(cases.slice(0, 1));
    if (file === changed?.file) expect(text).toContain(changed.text);
    writeFileSync(join(folder, file), file === changed?.file ? text.replace(changed.text, changed.by) : text);
  }
  return folder;
}

describe.skipIf(NO_PYTHON)(`reference.py${NO_PYTHON ? ` (skipped: ${NO_PYTHON})` : ''}`, () => {
  it('computes every golden value', { timeout: 240_000 }, async () => {
    const { code, stdout } = await python(PROGRAM);
    expect(stdout).toMatch(/^alpha: \d{4} compared/);
    expect(stdout).toMatch(/\nall agree\n$/);
    expect(code).toBe(0);
  });

  it('finds a golden value that is wrong by one, or in its last digits', async () => {
    expect((await python(PROGRAM, shortCopy())).code).toBe(0);
    for (const [file, text, by, named] of [
      ['certificates.json', '"exact":{"flips":1', '"exact":{"flips":2', 'case 0, query 1: exact flips is 2'],
      ['certificates.json', '"linear":1', '"linear":0', 'case 0, query 1, q = 0.05, rival 0: linear is 0'],
      ['certificates.json', '0.12863644931474488', '0.1286364493147452', 'case 0, query 0, number 0: alpha'],
      ['neyman-pearson.json', '3.6375861597263857', '3.637586159726382', 'case 0: logThreshold'],
      ['partitions.json', '"whiteBox":9', '"whiteBox":8', 'case 0: whiteBox is 8 in the file, 9 here'],
    ] as const) {
      const { code, stdout } = await python(PROGRAM, shortCopy({ file, text, by }));
      expect(stdout).toContain(`DIFFERS: ${file}, ${named}`);
      expect(code).toBe(1);
    }
  });
});
