import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SuretyError } from '../../src/errors.ts';
import { datasetFromParquet } from '../../src/ingest/parquet/parquet.ts';
import { LIMITS } from '../support/models/settings.ts';
import { cpuTime } from '../support/process/cpu-time.ts';
import { streamOf } from '../support/stores/bytes.ts';

const GOLDEN = join(import.meta.dirname, '../golden/parquet');
const FILES = readdirSync(GOLDEN).filter((name) => name.endsWith('.parquet'));

/** Changes to a file: flipped bits, a byte of any value, a large varint written over, bytes left out, a cut. */
const damages = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'byte', 'varint', 'omit', 'cut'),
    /** From the end backwards, so that the footer is hit as often as the pages. */
    place: fc.oneof(fc.double({ min: 0, max: 0.3, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
    value: fc.nat(255),
  }),
  { minLength: 1, maxLength: 3 },
);

describe('a damaged Parquet file', () => {
  it.each(FILES)('%s is read or refused, quickly, and never anything else', async (name) => {
    const whole = readFileSync(join(GOLDEN, name));
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(damages, async (changes) => {
        let file = Buffer.from(whole);
        for (const { kind, place, value } of changes) {
          const at = Math.max(0, file.length - 1 - Math.floor(place * file.length));
          if (kind === 'flip') file[at]! ^= 1 << (value & 7);
          else if (kind === 'byte') file[at] = value;
          else if (kind === 'varint') file.subarray(at, at + 5).fill('ffffffff0f', 'hex');
          else if (kind === 'omit')
            file = Buffer.concat([file.subarray(0, at), file.subarray(at + 1 + (value & 3))]);
          else file = file.subarray(0, at);
        }
        const start = cpuTime();
        try {
          await datasetFromParquet(streamOf(file), { target: 'outcome', ignore: ['big'] }, LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(SuretyError);
          expect((error as SuretyError).status).toBe(422);
          refused++;
        }
        expect(cpuTime() - start).toBeLessThan(2000);
      }),
      { seed: 81, numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });
});
