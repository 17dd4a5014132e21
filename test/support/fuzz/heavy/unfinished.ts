import fc from 'fast-check';
import { type WireRequest, written } from '../wire.ts';

const BEGINNINGS = ['"', '{"model":"', '{"model":"control","instances":[{"purpose":"', '{"', '[["\\'];

/**
 * Bodies that end inside a string, short of what their headers announce, over several connections at once: the
 * client leaves at once, or waits as long as others do.
 */
export const unfinished: fc.Arbitrary<WireRequest> = fc
  .record({
    path: fc.constantFrom('/certify', '/evaluate', '/models', '/votes'),
    beginning: fc.constantFrom(...BEGINNINGS),
    length: fc.constantFrom(10, 3000, 200_000, 400_000, 900_000),
    unit: fc.constantFrom('x', '\\\\', 'é', '\\u00e9'),
    connections: fc.integer({ min: 1, max: 6 }),
    patienceMs: fc.constantFrom(1, 20, 150, 1000),
  })
  .map(({ path, beginning, length, unit, connections, patienceMs }) => {
    const body = beginning + unit.repeat(length / unit.length);
    const request = written({
      kind: 'unfinished',
      method: 'POST',
      path,
      headers: [['Content-Type', 'application/json']],
      body: `${body}"]}`,
    });
    return { ...request, bytes: request.bytes.slice(0, -3), whole: false, connections, patienceMs };
  });
