import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STOP_MS = 20_000;
const LOG_PIECES = 5;

/** The built service in a process of its own, whose workers can be ended. */
export class ServiceProcess {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #exited: Promise<number | null>;
  /** The end of its log. */
  readonly #log: string[] = [];

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
    this.#exited = new Promise((resolve) => child.once('exit', resolve));
    child.stdout!.on('data', (text: string) => {
      this.#log.push(text);
      if (this.#log.length > LOG_PIECES) this.#log.shift();
    });
  }

  static async start(environment: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'surety-soak-'));
    const child = spawn(process.execPath, ['--import', './bench/soak/end-workers.ts', 'dist/src/server.js'], {
      cwd: ROOT,
      env: {
        ...{ PATH: process.env.PATH, HOST: '127.0.0.1', PORT: '0', SURETY_DATA_DIR: folder },
        ...{ SURETY_AUTH: 'off', SURETY_RATE_LIMIT: '0' },
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let log = '';
      child.once('exit', (code) => reject(new Error(`the service exited with ${code}:\n${log}`)));
      child.stdout!.setEncoding('utf8').on('data', (text: string) => {
        log += text;
        const address = /"Server listening at (http:[^"]+)"/.exec(log);
        if (address === null) return;
        child.stdout!.removeAllListeners('data');
        resolve(address[1]!);
      });
    });
    return new ServiceProcess(url, child, folder);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** How it ended, with what it last logged. */
  get lastWords(): string {
    const { exitCode, signalCode } = this.#child;
    return `exit ${exitCode ?? signalCode}:\n${this.#log.join('')}`;
  }

  endWorker(): void {
    this.#child.kill('SIGWINCH');
  }

  /** Resident memory in megabytes. */
  residentMegabytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.#child.pid}/status`, 'utf8'))!;
    return Number(kilobytes) / 1024;
  }

  /** Asks it to stop. Returns its exit code; null when it had to be killed. */
  async stop(): Promise<number | null> {
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    this.#child.kill('SIGTERM');
    const code = await this.#exited;
    clearTimeout(kill);
    rmSync(this.#folder, { recursive: true });
    return code;
  }
}
