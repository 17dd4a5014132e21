import { type Counterfactual, counterfactuals, type Move } from '../../certify/counterfactuals.ts';
import type { OpenLead } from '../../certify/free-columns.ts';
import { predict } from '../../certify/predict.ts';
import type { Cell } from '../../features/column.ts';
import type { Model } from '../../model/model.ts';
import { scoreInstance } from '../score-instance.ts';
import { chosenCell, type NamedColumn } from './named-columns.ts';
import { NumberPath } from './number-path.ts';

/** Predictions that the search for one counterfactual may make; where nothing is near a tie it makes one. */
const MAX_TRIALS = 64;

/** What may change: the named columns of an instance, whose values are `own`. */
export interface Question {
  readonly instance: unknown;
  readonly prediction: number;
  readonly columns: readonly NamedColumn[];
  readonly own: readonly Cell[];
}

/** Values of the columns that change, and the class that they are predicted. */
export interface Turned {
  readonly values: Record<string, Cell>;
  readonly prediction: number;
}

/**
 * The nearest values of the named columns with which the served classifier predicts another class: the fewest
 * columns, then the smallest moves of numbers. Each has been tried; null when none that was tried turns. Overwrites
 * the model's workspace. Cost: up to 2^m sets of the m columns for each rival, and one to 64 predictions, O(d^2 + n d)
 * each.
 */
export function nearestCounterfactual(
  model: Model,
  question: Question,
  leads: readonly OpenLead[],
): Turned | null {
  const trials = new Trials(model, question);
  for (let size = 1; size <= question.columns.length; size++) {
    for (const candidate of counterfactuals(leads, size)) {
      const turned = realise(candidate, question, trials);
      if (turned !== null || trials.spent) return turned;
    }
  }
  return null;
}

/** Tries the changes; a number in between goes just as far as it has to. */
function realise(
  { changes, stands }: Counterfactual,
  { columns, own }: Question,
  trials: Trials,
): Turned | null {
  const values: Record<string, Cell> = {};
  let between: Move | null = null;
  for (const change of changes) {
    const column = columns[change.column]!;
    const { name } = column.encoding;
    if ('choice' in change) values[name] = chosenCell(column, change.choice);
    else if (change.to === 'between') between = change;
    else values[name] = pathOf(column, own[change.column]!, change)[change.to];
  }
  if (between === null) return trials.turn(values);
  const column = columns[between.column]!;
  const path = pathOf(column, own[between.column]!, between);
  const turnAt = (step: number) => trials.turn({ ...values, [column.encoding.name]: path.valueAt(step) });
  return firstTurned(path.firstNot(stands), path.steps, turnAt, () => trials.spent);
}

function pathOf(column: NamedColumn, own: Cell, { slide }: Move): NumberPath {
  return new NumberPath(column, own as number, slide);
}

/**
 * The first of the steps from `first` to `last` that turns, where it stands at all before `first`: that one as a rule,
 * else within rounding of it. Where the last one, which has the least lead, turns, the stride doubles until a step does,
 * then is bisected as far as the trials last; where it does not, none is likely to.
 */
function firstTurned(
  first: number,
  last: number,
  turnAt: (step: number) => Turned | null,
  spent: () => boolean,
): Turned | null {
  const nearest = turnAt(first);
  if (nearest !== null || first === last) return nearest;
  let turned = turnAt(last);
  if (turned === null) return null;
  let stood = first;
  let step = last;
  for (let stride = 1; stood + stride < step && !spent(); stride *= 2) {
    const earlier = turnAt(stood + stride);
    if (earlier === null) stood += stride;
    else [step, turned] = [stood + stride, earlier];
  }
  while (step - stood > 1 && !spent()) {
    const middle = Math.floor((step + stood) / 2);
    const earlier = turnAt(middle);
    if (earlier === null) stood = middle;
    else [step, turned] = [middle, earlier];
  }
  return turned;
}

/** Asks the served classifier about changed instances, so often at most. */
class Trials {
  readonly #model: Model;
  readonly #question: Question;
  #left = MAX_TRIALS;

  constructor(model: Model, question: Question) {
    this.#model = model;
    this.#question = question;
  }

  get spent(): boolean {
    return this.#left <= 0;
  }

  /** The changed instance's prediction, when it is another; values that are the instance's own are left out. */
  turn(all: Record<string, Cell>): Turned | null {
    this.#left--;
    const { columns, own } = this.#question;
    const changed = columns.flatMap(({ encoding: { name } }, c) =>
      Object.hasOwn(all, name) && all[name] !== own[c] ? [[name, all[name]!] as const] : [],
    );
    const values = Object.fromEntries(changed);
    const query = scoreInstance(this.#model, this.#changed(values));
    const prediction = predict(query.alpha, query.labels, query.scores, this.#model.rule);
    return prediction === this.#question.prediction ? null : { values, prediction };
  }

  #changed(values: Record<string, Cell>): unknown {
    const { instance } = this.#question;
    if (!Array.isArray(instance) && !(instance instanceof Float32Array)) {
      return { ...(instance as object), ...values };
    }
    return Array.from<unknown, unknown>(instance, (value, k) => values[k] ?? value);
  }
}
