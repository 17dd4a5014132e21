import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DecisionRule } from '../../src/certify/contest.ts';
import { labelNoise } from '../../src/certify/label-noise.ts';

import type { ThreatModel } from '../../src/certify/threat.ts';
import {
  alphaOf,
  certifyExactly,
  certifySmoothed,
  fitRidge,
  queryOf,
  type RidgeSettings,
} from '../support/brute-force/reference.ts';

// Provenance: test/golden/README.md (34 digits, an independent program; small cases checked there by enumeration).
interface GoldenCase {
  description: string;
  training: { features: number[][]; labels: number[]; classes: number };
  settings: RidgeSettings & { rule: { argmax?: true; threshold?: number } };
  threat?: { attackable?: number[]; transitions?: [number, number][] };
  queries: {
    h: number[];
    expected: {
      alpha: number[];
      scores: number[];
      prediction: number;
      exact: { flips: number; unbreakable: boolean };
      smoothed: {
        q: number;
        prediction: number | null;
        flips?: number;
        klFlips?: number;
        npFlips?: number;
        rivals: { logFailure: number | null; linear: number }[];
      }[];
    };
  }[];
}

const cases: GoldenCase[] = JSON.parse(
  readFileSync(new URL('../golden/certificates.json', import.meta.url), 'utf8'),
);

function threatOf({ threat, training }: GoldenCase): ThreatModel {
  const { classes, labels } = training;
  const attackable = threat?.attackable
    ? Uint8Array.from(labels, (_, row) => Number(threat.attackable!.includes(row)))
    : null;
  const transitions = threat?.transitions ? new Uint8Array(classes * classes) : null;
  for (const [from, to] of threat?.transitions ?? []) transitions![from * classes + to] = 1;
  return { attackable, transitions };
}

function relativeError(actual: ArrayLike<number>, expected: number[]): number {
  return Math.max(
    ...expected.map((value, i) => (value === actual[i] ? 0 : Math.abs(actual[i]! / value - 1))),
  );
}

/** The golden value is the best over a fine grid of t: ours may be that much at most, less by one flip or 2 % at most. */
function expectSearched(flips: number, best: number): void {
  expect(flips).toBeLessThanOrEqual(best);
  expect(flips).toBeGreaterThanOrEqual(best - Math.max(1, 0.02 * best));
}

describe.each(cases)('golden: $description', (golden) => {
  const { training, settings } = golden;
  const ridge = fitRidge(training.features, settings);
  const threat = threatOf(golden);
  const rule: DecisionRule =
    settings.rule.threshold === undefined
      ? { kind: 'argmax' }
      : { kind: 'threshold', value: settings.rule.threshold, positive: 1 };

  it.each(golden.queries)('h = $h', ({ h, expected }) => {
    const alpha = alphaOf(ridge, h);
    expect(relativeError(alpha, expected.alpha)).toBeLessThan(1e-9);
    const query = queryOf(alpha, training.labels, training.classes);
    const exact = certifyExactly(query, rule, threat);
    expect({
      prediction: exact.prediction,
      flips: exact.flips,
      unbreakable: exact.unbreakable,
    }).toEqual({ prediction: expected.prediction, ...expected.exact });

    for (const smoothed of expected.smoothed) {
      const noise = labelNoise(smoothed.q, training.classes);
      const certificate = certifySmoothed(query, rule, noise, threat);
      expect(certificate?.prediction ?? null).toBe(smoothed.prediction);
      if (certificate === null) continue;
      expect(certificate.klFlips).toBe(smoothed.klFlips);
      expect(certificate.neymanPearsonFlips).toBe(smoothed.npFlips);
      expectSearched(certificate.linearFlips, Math.min(...smoothed.rivals.map(({ linear }) => linear)));
      expectSearched(certificate.flips, smoothed.flips!);
      const uncertain = smoothed.rivals.flatMap(({ logFailure }) => logFailure ?? []);
      if (uncertain.length === 0) expect(certificate.logFailure).toBe(Number.NEGATIVE_INFINITY);
      else expect(Math.abs(certificate.logFailure / Math.max(...uncertain) - 1)).toBeLessThan(1e-9);
    }
  });
});
