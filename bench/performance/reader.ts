/** The function `read(start, bytes)` of `readingModule` over a memory. */
export function readerOf(module: WebAssembly.Module, memory: WebAssembly.Memory) {
  const abort = () => {
    throw new Error('aborted');
  };
  const { exports } = new WebAssembly.Instance(module, { env: { memory, abort } });
  return exports.read as (start: number, bytes: number) => number;
}
