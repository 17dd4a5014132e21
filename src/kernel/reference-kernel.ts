import { bucketMembers } from './bucket-members.ts';
import { classSums } from './class-sums.ts';
import { contributions } from './contributions.ts';
import { countBuckets } from './count-buckets.ts';
import { gains } from './gains.ts';
import { gram } from './gram.ts';
import type { Kernel } from './kernel.ts';
import { logMomentGains } from './log-moment-gains.ts';
import { logMoments } from './log-moments.ts';
import { solve } from './solve.ts';

/** The kernel in TypeScript: the definition of what each method computes, to the last bit. */
export const referenceKernel: Kernel = {
  contributions,
  solve,
  classSums,
  gains,
  countBuckets,
  bucketMembers,
  logMoments,
  logMomentGains,
  gram,
};
