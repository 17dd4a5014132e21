import asc from 'assemblyscript/asc';

/** Adds up all of a memory's floats as fast as one core can read them; of no use but to be timed. */
const SOURCE = `
export function read(start: usize, bytes: usize): f32 {
  let a = f32x4.splat(0), b = a, c = a, d = a;
  const end = start + (bytes & ~63);
  for (let at = start; at < end; at += 64) {
    a = f32x4.add(a, v128.load(at));
    b = f32x4.add(b, v128.load(at, 16));
    c = f32x4.add(c, v128.load(at, 32));
    d = f32x4.add(d, v128.load(at, 48));
  }
  a = f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
  return f32x4.extract_lane(a, 0) + f32x4.extract_lane(a, 1) + f32x4.extract_lane(a, 2) + f32x4.extract_lane(a, 3);
}`;

const OPTIONS = {
  optimizeLevel: 3,
  runtime: 'stub',
  importMemory: true,
  sharedMemory: true,
  initialMemory: 1,
  maximumMemory: 65536,
  enable: ['simd', 'threads'],
};

/** A compiled module with the function `read(start, bytes)` over an imported shared memory. */
export async function readingModule(): Promise<WebAssembly.Module> {
  const { binary, error, stderr } = await asc.compileString(SOURCE, OPTIONS as never);
  if (binary === null) throw new Error(`${error?.message} ${stderr.toString()}`);
  return new WebAssembly.Module(Uint8Array.from(binary));
}
