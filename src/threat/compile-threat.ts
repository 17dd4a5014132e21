import { flippableRows, type ThreatModel } from '../certify/threat.ts';
import { SuretyError } from '../errors.ts';
import type { RawColumn } from '../features/column.ts';
import type { Model } from '../model/model.ts';
import { columnsIn, type Threat } from '../model/threat.ts';
import { inSteps, takingTurns } from '../process/taking-turns.ts';
import { checkThreat } from './check-threat.ts';
import { matchingRows } from './matching-rows.ts';
import { threatWords } from './threat-words.ts';

/** Transitions between two chances to give others a turn. */
const STEP = 2 ** 14;

/** A threat model as the certificates take it, and as a caller is told about it. */
export interface DescribedThreat {
  readonly threat: ThreatModel;
  readonly stated: StatedThreat;
}

/** A threat model in words, with the number of rows that may be flipped: attackable, with an allowed change. */
export interface StatedThreat {
  readonly description: string;
  readonly rows: number;
}

/** Where the raw columns of a model are to be had, ignored ones too. */
interface ColumnSource {
  rawColumns(model: Model, names: readonly string[]): Promise<ReadonlyMap<string, RawColumn>>;
}

/** The threat that was registered with a model under this name. Throws a SuretyError when there is none. */
export function namedThreat({ manifest: { threats = {} } }: Model, name: string): Threat {
  if (Object.hasOwn(threats, name)) return threats[name]!;
  const known = Object.keys(threats).join(', ') || 'none';
  const message = `the model has no threat of this name; registered with it: ${known}`;
  throw new SuretyError('invalid_threat', `/threat: ${message}`, { misfits: [{ path: '/threat', message }] });
}

/**
 * Compiles a caller's threat for a model. Raw columns that it speaks about are read from the store the first
 * time. Throws a SuretyError when it does not fit the model, or its columns cannot be read; stops with the
 * signal's reason when it is aborted. certificates.md section 0. Cost: O(conditions * n), in turns; no labels
 * are looked at but to count the rows.
 */
export async function compileThreat(
  source: ColumnSource,
  model: Model,
  threat: Threat,
  signal?: AbortSignal,
): Promise<DescribedThreat> {
  const { labels, classes, manifest } = model;
  const turn = takingTurns(signal);
  await inSteps(checkThreat(threat, manifest), turn);
  let attackable: Uint8Array | null = null;
  if (threat.rows !== undefined) {
    const columns = await source.rawColumns(model, columnsIn(threat.rows));
    attackable = await matchingRows(threat.rows, columns, labels.length, signal);
  }
  const compiled = { attackable, transitions: await inSteps(transitionsOf(threat, classes), turn) };
  const rows = flippableRows(compiled, labels, classes.length);
  const description = threatWords(threat, classes, { flippable: rows, all: labels.length });
  return { threat: compiled, stated: { description, rows } };
}

function* transitionsOf(
  { transitions }: Threat,
  classes: readonly string[],
): Generator<void, Uint8Array | null> {
  if (transitions === undefined) return null;
  const allowed = new Uint8Array(classes.length ** 2);
  const number = new Map(classes.map((name, label) => [name, label]));
  for (const [index, [from, to]] of transitions.entries()) {
    if (index % STEP === 0) yield;
    allowed[number.get(from)! * classes.length + number.get(to)!] = 1;
  }
  return allowed;
}
