import type { FigureData } from './figure-data.ts';

export type Point = readonly [flips: number, accuracy: number];

/** A line of the figure, `points` in ascending order of flips. */
export interface Curve {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  readonly dashes: 'solid' | 'dashed' | 'dotted' | number[];
  readonly width: number;
}

/** Okabe and Ito's palette, which the colour-blind tell apart, except the yellow, too pale on white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
/** From the eighth curve on the colours come again, with another stroke. */
const STROKES: readonly Curve['dashes'][] = ['solid', [14, 4], [14, 3, 3, 3]];
const GREY = '#6b6b6b';

/** The certified curves, then the undefended model's, then the constant classifier's over the whole width. */
export function curvesOf({ evaluations, undefended, majorityAccuracy }: FigureData): Curve[] {
  const certified = evaluations.map(({ name, curve }, k): Curve => {
    const points = curve.map(({ flips, certifiedAccuracy }): Point => [flips, certifiedAccuracy]);
    const dashes = STROKES[Math.floor(k / COLOURS.length) % STROKES.length]!;
    return { name, points, colour: COLOURS[k % COLOURS.length]!, dashes, width: 2 };
  });
  const attacked: Curve = {
    name: 'undefended, every test row attacked alone',
    points: undefended.curve.map(({ flips, accuracy }): Point => [flips, accuracy]),
    colour: GREY,
    dashes: 'dotted',
    width: 2.5,
  };
  const most = Math.max(1, ...[...certified, attacked].map(({ points }) => points.at(-1)![0]));
  const constant: Curve = {
    name: `always the most frequent class (${majorityAccuracy.toFixed(3)})`,
    points: [
      [0, majorityAccuracy],
      [most, majorityAccuracy],
    ],
    colour: GREY,
    dashes: 'dashed',
    width: 1.5,
  };
  return [...certified, attacked, constant];
}

/**
 * A share holds from its number of flips up to the next one. Where numbers are left out between two points, the smaller
 * share is drawn, which holds for all of them.
 */
export function stepOf(points: readonly Point[]): 'end' | 'start' {
  return points.length > 1 && points[1]![0] - points[0]![0] > 1 ? 'start' : 'end';
}
