// The kernel in AssemblyScript: plain SIMD, fixed order of additions, no memory of its own. Arguments are byte offsets
// into the imported memory, checked by ../wasm-kernel.ts. What each function computes is defined by the TypeScript
// function of the same name in ../reference, with the same bits.
export { bucketMembers, countBuckets } from './buckets';
export { classSums } from './class-sums';
export { contributions } from './contributions';
export { gains } from './gains';
export { gram } from './gram';
export { logMomentGains } from './log-moment-gains';
export { logMoments } from './log-moments';
export { solve } from './solve';
