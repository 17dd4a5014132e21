import { SuretyError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import type { CertifyOptions } from '../verdict/certifier.ts';
import { queriesABlock, samplesInAll } from '../verdict/certify-monte-carlo.ts';

/** Multiply-adds that take about as long as the certificate of one row against one rival. */
const EXACT = 8;
const SMOOTHED = 60;
/** The same of a label that is drawn for a block of instances, and of what it moves in each of them. */
const DRAW = 12;
const MOVE = 1.5;

/** Predictions for a counterfactual, for each rival, at most. */
const TRIALS = 64;

/** A model's pass over the rows is worth splitting among threads from so many multiply-adds on: some half a millisecond. */
const WORTH_SPLITTING = 2e6;

/** About how many multiply-adds so many instances of one request take, some half a nanosecond each. */
export function costOfCertifying(model: Model, options: CertifyOptions, instances = 1): number {
  const samples = options.method === 'monte-carlo' ? samplesInAll(options.monteCarlo!) : 0;
  return instances * costOfEach(model, options) + costOfSamples(model, samples, instances);
}

function costOfEach({ ridge, labels, classes, ensemble }: Model, options: CertifyOptions): number {
  const { method, explain = {} } = options;
  const rows = labels.length;
  const columns = ridge.means.length;
  const pass = rows * columns + columns ** 2;
  const contests = rows * (classes.length - 1);
  if (method === 'partition') return 2 * pass + (EXACT * contests * (ensemble?.members.length ?? 1)) / 4;
  if (method === 'monte-carlo') return pass;
  if (method === 'smoothed') return pass + SMOOTHED * contests;
  const coefficients = explain.radius || explain.reasons || explain.invariantTo ? pass : 0;
  const trials = explain.invariantTo ? TRIALS * (classes.length - 1) * pass : 0;
  return pass + coefficients + trials + EXACT * contests;
}

/** Throws a SuretyError when a request asks for more multiply-adds than one may. */
export function checkWork(work: number, most: number): void {
  if (work <= most) return;
  throw new SuretyError(
    'too_much_work',
    `the request takes about ${work.toPrecision(2)} multiply-adds, at most ${most.toPrecision(2)} may be asked for at once (SURETY_MAX_WORK); ask for fewer instances, samples or explanations at a time`,
  );
}

/** Of drawing labels, once for a block of instances. */
export function costOfSamples({ labels }: Model, samples: number, instances: number): number {
  const blocks = Math.ceil(instances / queriesABlock(labels.length));
  return samples * labels.length * (DRAW * blocks + MOVE * instances);
}

/** Samples of a block of so many instances that take so much work, one at least. */
export function samplesWithin(work: number, model: Model, instances: number): number {
  return Math.max(1, Math.floor(work / costOfSamples(model, 1, instances)));
}

/** Making a reason again in another thread takes as long as so many cells. */
const CELLS_PER_REASON = 4;

/** Cells with names that go to another thread and back with one instance, its reasons among them. */
export function namedValues({ map }: Model, { explain = {} }: CertifyOptions): number {
  const { kind, encodings } = map.state;
  const reasons = Math.min(explain.reasons ?? 0, encodings.length);
  return 1 + (kind === 'table' ? encodings.length : 0) + CELLS_PER_REASON * reasons;
}

/** Whether one instance of a request can be shared by several threads, and is worth it. */
export function canBeSplit({ ridge, labels }: Model, { method, explain }: CertifyOptions): boolean {
  const pass = labels.length * ridge.means.length;
  return (
    pass >= WORTH_SPLITTING &&
    method !== 'partition' &&
    method !== 'monte-carlo' &&
    explain?.invariantTo === undefined
  );
}
