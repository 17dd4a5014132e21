import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from '../process/service.ts';

/** Why a test cannot have a disk of its own, or null. */
export const NO_DISK: string | null = (() => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-test-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return null;
  } catch {
    return 'mounting a tmpfs is not allowed here';
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

/** A small disk of a test's own; it goes with the test. */
export class Disk {
  readonly folder: string;

  constructor(megabytes: number) {
    this.folder = temporaryFolder();
    onTestFinished(() => void execFileSync('umount', ['--lazy', this.folder]));
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', this.folder]);
  }

  /** Writes until nothing more fits. */
  fill(): void {
    try {
      for (;;) appendFileSync(this.#filler, Buffer.alloc(4096));
    } catch {
      // it is full
    }
  }

  empty(): void {
    rmSync(this.#filler);
  }

  /** Only while nobody has a file open for writing. */
  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.folder]);
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

/** From now on every write of a process to a file fails, or works again. */
export function letWrite(pid: number, may: boolean): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${may ? 'unlimited' : '0'}:unlimited`]);
}
