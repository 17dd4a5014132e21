import fc from 'fast-check';
import type { WireRequest } from '../wire.ts';
import { explained, million, noisy, threatened, votes } from './certify.ts';
import { distinctTexts, smallModels } from './registrations.ts';
import { unfinished } from './unfinished.ts';

/** Requests that ask for as much as one may, or keep what they are given; most of them good. */
export const heavyRequests: fc.Arbitrary<WireRequest> = fc.oneof(
  { weight: 2, arbitrary: explained },
  { weight: 2, arbitrary: unfinished },
  { weight: 1, arbitrary: million },
  { weight: 2, arbitrary: noisy },
  { weight: 2, arbitrary: votes },
  { weight: 3, arbitrary: threatened },
  { weight: 2, arbitrary: distinctTexts },
  { weight: 6, arbitrary: smallModels },
);
