import { readFileSync } from 'node:fs';

let compiled: WebAssembly.Module | undefined;

/** The kernel, compiled once a process; `npm run build` or `npm run kernel` has made it. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('../../build/kernel.wasm', import.meta.url)));
  return compiled;
}
