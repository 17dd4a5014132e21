// The kernel in AssemblyScript: plain SIMD, fixed order of additions, no memory of its own. Arguments are byte offsets
// into the imported memory, checked by ../wasm-kernel.ts. What each function computes is defined by the TypeScript
// function of the same name in the folder above, with the same bits.
export { classSums } from './class-sums';
export { logMomentGains } from './log-moment-gains';
export { logMoments } from './log-moments';
