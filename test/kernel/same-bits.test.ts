import { describe, expect, it } from 'vitest';
import { contest } from '../../src/certify/contest.ts';
import { labelNoise, momentCoefficients } from '../../src/certify/label-noise.ts';
import type { Memory } from '../../src/kernel/memory/memory.ts';
import { packedLength } from '../../src/kernel/memory/packed-length.ts';
import { GRAM_BLOCK } from '../../src/kernel/reference/gram.ts';
import type { Kernel } from '../../src/kernel/reference/reference-kernel.ts';
import { BUCKETS } from '../../src/kernel/shared-constants.ts';
import {
  doublesIn,
  floatsIn,
  integersIn,
  referenceTestKernel,
  wasmTestKernel,
} from '../support/kernel/kernels.ts';
import { bitsOf, draw, VALUES } from '../support/kernel/values.ts';

const wasm = wasmTestKernel();

/** Sizes around those of the tiles: 2 queries, 4 rows, 8 columns. */
const SHAPES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17];

/** What a kernel computes, as arrays of doubles. */
type Run = (kernel: Kernel, memory: Memory) => Float64Array[];

function expectSameBits(run: Run, context: unknown): void {
  const expected = run(referenceTestKernel.kernel, referenceTestKernel.fresh());
  const actual = run(wasm.kernel, wasm.fresh());
  for (const [index, values] of expected.entries()) {
    expect(bitsOf(actual[index]!), JSON.stringify(context)).toEqual(bitsOf(values));
  }
}

function contributions(rows: number, columns: number, queries: number, kind: string): Run {
  const features = draw(rows * columns, VALUES[kind]!, 1);
  const directions = draw(queries * columns, VALUES[kind]!, 2);
  const offsets = draw(queries, VALUES[kind]!, 3);
  return (kernel, memory) => {
    const alpha = memory.doubles(queries * rows).fill(7);
    const [u, offset] = [doublesIn(memory, directions), doublesIn(memory, offsets)];
    kernel.contributions(floatsIn(memory, features), u, offset, alpha);
    return [alpha];
  };
}

function solve(columns: number, queries: number, kind: string): Run {
  const factor = draw(packedLength(columns), VALUES[kind]!, 4);
  const vectors = draw(queries * columns, VALUES[kind]!, 5);
  return (kernel, memory) => {
    const solved = doublesIn(memory, vectors);
    kernel.solve(doublesIn(memory, factor), solved, queries);
    return [solved];
  };
}

function gram(rows: number, columns: number, kind: string, from: number, to: number): Run {
  const features = draw(rows * columns, VALUES[kind]!, 6);
  const means = draw(columns, VALUES[kind]!, 7);
  return (kernel, memory) => {
    const values = memory.doubles(columns * columns).fill(-0);
    kernel.gram(floatsIn(memory, features), doublesIn(memory, means), values, from, to);
    return [values];
  };
}

/** What a query meets between its contributions and its certificate. */
function selection(rows: number, classes: number, kind: string): Run {
  const contributed = draw(rows, VALUES[kind]!, 8);
  const labelled = draw(rows, (random) => random.below(classes), 9);
  const drops = draw(2 * classes, (random) => random.below(3), 10);
  const mask = Uint8Array.from(draw(rows, (random) => random.below(2), 11));
  return (kernel, memory) => {
    const [alpha, labels] = [doublesIn(memory, contributed), integersIn(memory, labelled)];
    const [sums, magnitudes] = [new Float64Array(classes).fill(7), new Float64Array(classes).fill(7)];
    kernel.classSums(alpha, labels, sums, magnitudes);
    const results: Float64Array[] = [sums, magnitudes];
    for (const attackable of [null, mask]) {
      const gains = memory.doubles(rows).fill(7);
      kernel.gains(alpha, labels, drops.slice(0, classes), drops.slice(classes), attackable, gains);
      results.push(gains, ...buckets(kernel, memory, gains));
    }
    return [...results, ...buckets(kernel, memory, alpha)];
  };
}

function buckets(kernel: Kernel, memory: Memory, gains: Float64Array): Float64Array[] {
  const counts = memory.integers(BUCKETS).fill(7);
  const totals = memory.doubles(BUCKETS).fill(7);
  const top = kernel.countBuckets(gains, counts, totals);
  const members = memory.doubles(gains.length);
  const found = [...counts.keys(), 0].flatMap((bucket) => {
    const count = kernel.bucketMembers(gains, top, bucket, members);
    return Array.from(members.subarray(0, count));
  });
  return [Float64Array.of(top), Float64Array.from(counts), totals, Float64Array.from(found)];
}

/** Log-moments and their gains, in contests of both rules. */
function moments(rows: number, classes: number, kind: string, q: number, t: number): Run {
  const contributed = draw(rows, VALUES[kind]!, 12);
  const labelled = draw(rows, (random) => random.below(classes), 13);
  const targets = Int32Array.from(draw(2 * classes, (random) => random.below(classes), 14));
  const mask = Uint8Array.from(draw(rows, (random) => random.below(2), 15));
  const threshold = { kind: 'threshold', value: 0, positive: 1 } as const;
  const rules = classes === 2 ? [{ kind: 'argmax' } as const, threshold] : [{ kind: 'argmax' } as const];
  return (kernel, memory) => {
    const [alpha, labels] = [doublesIn(memory, contributed), integersIn(memory, labelled)];
    return rules.flatMap((rule) => {
      const coefficients = momentCoefficients(labelNoise(q, classes), contest(1, 0, classes, rule));
      const out = { value: 7, slope: 7, curvature: 7, error: 7 };
      kernel.logMoments(alpha, labels, coefficients, t, out);
      const results = [Float64Array.of(out.value, out.slope, out.curvature, out.error)];
      const [up, down] = [targets.subarray(0, classes), targets.subarray(classes)];
      for (const attackable of [null, mask]) {
        const gains = memory.doubles(rows).fill(7);
        const bound = kernel.logMomentGains(alpha, labels, coefficients, up, down, attackable, t, gains);
        results.push(Float64Array.from(gains), Float64Array.of(bound));
      }
      return results;
    });
  };
}

describe.each(Object.keys(VALUES))('the reference and WebAssembly have the same bits, values: %s', (kind) => {
  it('contributions, every shape around the tiles', () => {
    for (const rows of SHAPES) {
      for (const columns of SHAPES) {
        for (const queries of SHAPES) {
          expectSameBits(contributions(rows, columns, queries, kind), { rows, columns, queries });
        }
      }
    }
  });

  it('contributions, more queries than a block', () => {
    for (const queries of [127, 128, 129, 130, 257]) {
      for (const columns of [3, 8, 31]) {
        expectSameBits(contributions(6, columns, queries, kind), { columns, queries });
      }
    }
    expectSameBits(contributions(50, 300, 60, kind), {});
  });

  it('solve', () => {
    for (const columns of [...SHAPES, 6, 33, 63, 64, 65]) {
      for (const queries of SHAPES) expectSameBits(solve(columns, queries, kind), { columns, queries });
    }
    expectSameBits(solve(10, 131, kind), {});
    expectSameBits(solve(300, 3, kind), {});
  });

  it('gram', () => {
    for (const columns of SHAPES) {
      for (const rows of [...SHAPES, GRAM_BLOCK - 1, GRAM_BLOCK, GRAM_BLOCK + 1, 2 * GRAM_BLOCK + 3]) {
        for (const [from, to] of [
          [0, columns],
          [1, columns],
          [0, columns - 1],
          [3, 6],
          [5, 5],
        ] as const) {
          if (from > to || to > columns) continue;
          expectSameBits(gram(rows, columns, kind, from, to), { rows, columns, from, to });
        }
      }
    }
  });

  it('class sums, gains and their buckets', () => {
    for (const rows of [...SHAPES, 0, 100, 1000]) {
      for (const classes of [1, 2, 3, 12]) {
        expectSameBits(selection(rows, classes, kind), { rows, classes });
      }
    }
  });

  it('log-moments and their gains', () => {
    for (const rows of [...SHAPES, 0, 6, 10, 11, 12, 13, 14, 100, 1001]) {
      for (const classes of [2, 3, 12]) {
        for (const [q, t] of [
          [0.2, 1],
          [1e-9, 30],
          [2 ** -950, 700],
          [0.4, 0],
          [0.01, 1e300],
        ] as const) {
          expectSameBits(moments(rows, classes, kind, q, t), { rows, classes, q, t });
        }
      }
    }
  });
});
