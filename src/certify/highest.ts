/** The search covers so many octaves. */
const OCTAVES = 5;
const GRID = 6;
const REFINEMENTS = 5;
const GOLDEN_SECTION = (Math.sqrt(5) - 1) / 2;

/**
 * The largest value found of a function of 0 to OCTAVES, and where: a grid, then golden sections of what lies around
 * its best, one evaluation each.
 */
export function highest(of: (octave: number) => number): { octave: number; most: number } {
  let best = { octave: 0, most: of(0) };
  const at = (octave: number): number => {
    const value = of(octave);
    if (value > best.most) best = { octave, most: value };
    return value;
  };
  for (let i = 1; i < GRID; i++) at((OCTAVES * i) / (GRID - 1));
  let low = Math.max(0, best.octave - 1);
  let high = Math.min(OCTAVES, best.octave + 1);
  let left = high - GOLDEN_SECTION * (high - low);
  let right = low + GOLDEN_SECTION * (high - low);
  let valueLeft = at(left);
  let valueRight = at(right);
  for (let step = 0; step < REFINEMENTS; step++) {
    if (valueLeft >= valueRight) {
      [high, right, valueRight] = [right, left, valueLeft];
      left = high - GOLDEN_SECTION * (high - low);
      valueLeft = at(left);
    } else {
      [low, left, valueLeft] = [left, right, valueRight];
      right = low + GOLDEN_SECTION * (high - low);
      valueRight = at(right);
    }
  }
  return best;
}
