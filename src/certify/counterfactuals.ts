import type { OpenLead, Slide } from './free-columns.ts';

/** A change of one free column: one of its choices, or a number moved to an encoded value. */
export type Change = { readonly column: number; readonly choice: number } | Move;

export interface Move {
  readonly column: number;
  readonly slide: Slide;
  /** Where the number goes: the near or the far end, or in between for `stands` to find out. */
  readonly to: 'near' | 'end' | 'between';
}

/** Changes that may turn the prediction. */
export interface Counterfactual {
  readonly changes: readonly Change[];
  /** Sum of the moves of numbers, in encoded units; Infinity where a number has to go missing. */
  readonly distance: number;
  /** Whether the prediction surely stands with the number that moves in between at this encoded value. */
  readonly stands: (encoded: number) => boolean;
}

/**
 * Changes of exactly `size` columns that may turn a prediction, the nearest first: every set of columns and every rival
 * whose lead they can use up, numbers moved no further than needed (those with the most effect a unit move first) and
 * made missing only where moving does not do.
 *
 * A prediction may turn wherever it is not proven to stand; the caller tries. Cost: at most the number of sets of that
 * size for each rival, less those that cannot turn it; a sort.
 */
export function counterfactuals(leads: readonly OpenLead[], size: number): Counterfactual[] {
  const found: Counterfactual[] = [];
  for (const lead of leads) {
    const order = lead.drops
      .map((_, column) => column)
      .filter((column) => mostDrop(lead, column) > 0)
      .sort((a, b) => mostDrop(lead, b) - mostDrop(lead, a) || a - b);
    const visit = (from: number, chosen: readonly number[], rest: number): void => {
      if (chosen.length === size) {
        found.push(...nearest(lead, chosen));
        return;
      }
      for (let at = from; at <= order.length - (size - chosen.length); at++) {
        const column = order[at]!;
        const drop = mostDrop(lead, column);
        if (rest - drop * (size - chosen.length) > 2 * lead.error) return; // the columns behind take less still
        visit(at + 1, [...chosen, column], rest - drop);
      }
    };
    visit(0, [], lead.own);
  }
  return found.sort((a, b) => a.distance - b.distance || 0); // Infinity less Infinity is NaN
}

function mostDrop({ drops }: OpenLead, column: number): number {
  const { choice, slide } = drops[column]!;
  return Math.max(choice?.drop ?? 0, slide?.drop ?? 0);
}

/**
 * The least moves of numbers with which these columns can turn the prediction for this rival, then the same with numbers
 * missing where that takes more from the lead: moves may end within rounding of a tie, and not turn.
 */
function nearest(lead: OpenLead, columns: readonly number[]): Counterfactual[] {
  const moved = movesOf(lead, columns, (slide) => slide.drop > 0);
  const missing = movesOf(lead, columns, (slide, choice) => slide.drop >= choice);
  const both = missing !== null && missing.distance === Number.POSITIVE_INFINITY ? [moved, missing] : [moved];
  return both.filter((one) => one !== null);
}

/** Null when it cannot turn with the numbers that `moves` says moved and the other columns at their worst choice. */
function movesOf(
  { own, error, drops }: OpenLead,
  columns: readonly number[],
  moves: (slide: Slide, choice: number) => boolean,
): Counterfactual | null {
  const changes: Change[] = [];
  const slides: { column: number; slide: Slide }[] = [];
  let rest = own;
  let distance = 0;
  for (const column of columns) {
    const { slide, choice } = drops[column]!;
    if (slide !== null && (choice === null || moves(slide, choice.drop))) {
      slides.push({ column, slide });
      rest -= slide.jump;
      distance += Math.abs(slide.near - slide.own);
    } else {
      changes.push({ column, choice: choice!.index });
      rest -= choice!.drop;
      if (slide !== null) distance = Number.POSITIVE_INFINITY;
    }
  }
  slides.sort((a, b) => b.slide.rate - a.slide.rate || a.column - b.column);
  let between: Slide | null = null;
  for (const { column, slide } of slides) {
    const way = Math.abs(slide.end - slide.near);
    if (between !== null || !(rest > error)) {
      changes.push({ column, slide, to: between === null ? 'between' : 'near' });
      between ??= slide;
    } else if (rest - slide.rate * way > error) {
      changes.push({ column, slide, to: 'end' });
      rest -= slide.rate * way;
      distance += way;
    } else {
      changes.push({ column, slide, to: 'between' });
      distance += (rest - error) / slide.rate;
      between = slide;
    }
  }
  if (between === null && rest > error) return null;
  const pivot = between;
  const stands = (encoded: number) =>
    pivot !== null && rest - pivot.rate * Math.abs(encoded - pivot.near) > error;
  return { changes, distance, stands };
}
