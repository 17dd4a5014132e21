import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { brokenIntoLines } from './broken-into-lines.ts';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

/** What the figure shows: certified accuracy by the number of changed labels, one curve an evaluation. */
export interface FigureData {
  readonly model: { readonly name: string; readonly version: number };
  /** Test rows. */
  readonly rows: number;
  readonly trainingRows: number;
  readonly majorityAccuracy: number;
  readonly evaluations: readonly {
    readonly name: string;
    readonly curve: readonly { readonly flips: number; readonly certifiedAccuracy: number }[];
  }[];
  readonly undefended: { readonly curve: readonly { readonly flips: number; readonly accuracy: number }[] };
}

type Point = readonly [flips: number, accuracy: number];

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
  readonly colour: string;
  readonly dashes: 'solid' | 'dashed' | 'dotted' | number[];
  readonly width: number;
}

/** Okabe and Ito's palette, which the colour-blind tell apart, but for the yellow, too pale on white. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
/** From the eighth curve on the colours come again, with another stroke. */
const STROKES: readonly Line['dashes'][] = ['solid', [14, 4], [14, 3, 3, 3]];
const GREY = '#6b6b6b';
const INK = '#222222';

const WIDTH = 960;
const PLOT = { left: 76, top: 104, width: 850, height: 400 };
const FONT = {
  family: 'sans-serif',
  size: 14,
  title: { fontSize: 17, fontWeight: 'bold', width: 720, overflow: 'truncate' },
} as const;
/** The legend's entries stand in two columns below the plot, long names broken into lines. */
const LEGEND = { top: PLOT.top + PLOT.height + 64, column: 430, icon: 40, line: 18, gap: 8 };

/**
 * The figure of an evaluation as SVG, complete in itself: no script, font, style sheet or link. Equal data gives equal
 * text. Names are text, whatever they contain.
 */
export function certifiedAccuracyFigure(data: FigureData): string {
  const lines = linesOf(data);
  const legend = placeLegend(lines);
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: legend.bottom + 16,
  });
  try {
    chart.setOption(optionOf(data, lines, legend.entries));
    return described(still(chart.renderToSVGString()), data);
  } finally {
    chart.dispose();
  }
}

function linesOf({ evaluations, undefended, majorityAccuracy }: FigureData): Line[] {
  const certified = evaluations.map(({ name, curve }, k): Line => {
    const points = curve.map(({ flips, certifiedAccuracy }): Point => [flips, certifiedAccuracy]);
    const dashes = STROKES[Math.floor(k / COLOURS.length) % STROKES.length]!;
    return { name, points, colour: COLOURS[k % COLOURS.length]!, dashes, width: 2 };
  });
  const attacked: Line = {
    name: 'undefended, every test row attacked alone',
    points: undefended.curve.map(({ flips, accuracy }): Point => [flips, accuracy]),
    colour: GREY,
    dashes: 'dotted',
    width: 2.5,
  };
  const most = Math.max(1, ...[...certified, attacked].map(({ points }) => points.at(-1)![0]));
  const constant: Line = {
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

interface Entry {
  readonly lines: readonly string[];
  readonly left: number;
  readonly top: number;
}

/** A place for each entry; the library's own layout lets entries of several lines overlap. */
function placeLegend(lines: readonly Line[]): { entries: Entry[]; bottom: number } {
  const entries: Entry[] = [];
  let top = LEGEND.top;
  for (let k = 0; k < lines.length; k += 2) {
    const texts = lines.slice(k, k + 2).map(({ name }) => brokenIntoLines(name));
    const left = (column: number) => PLOT.left + column * LEGEND.column;
    entries.push(...texts.map((text, column) => ({ lines: text, left: left(column), top })));
    top += Math.max(...texts.map(({ length }) => length)) * LEGEND.line + LEGEND.gap;
  }
  return { entries, bottom: top };
}

function optionOf(
  { model, rows, trainingRows }: FigureData,
  lines: readonly Line[],
  entries: readonly Entry[],
) {
  const most = lines.at(-1)!.points.at(-1)![0];
  const text = { color: INK, fontFamily: FONT.family, fontSize: FONT.size };
  const axis = {
    type: 'value' as const,
    min: 0,
    nameLocation: 'middle' as const,
    nameTextStyle: text,
    axisLabel: text,
    axisLine: { show: true, lineStyle: { color: INK } },
    axisTick: { show: true, lineStyle: { color: INK } },
  };
  return {
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: text,
    title: {
      text: `Certified accuracy of ${model.name}, version ${model.version}`,
      subtext: `${count(rows)} test rows, ${count(trainingRows)} training rows`,
      left: PLOT.left,
      top: 8,
      padding: 0,
      itemGap: 6,
      textStyle: { ...text, ...FONT.title },
      subtextStyle: text,
    },
    grid: { ...PLOT, outerBoundsMode: 'none' as const },
    xAxis: [
      {
        ...axis,
        name: 'training labels changed',
        nameGap: 30,
        max: most,
        minInterval: 1,
        axisLabel: { ...text, showMaxLabel: false, formatter: count },
        splitLine: { show: false },
      },
      {
        ...axis,
        name: 'percent of the training rows',
        position: 'top' as const,
        nameGap: 26,
        max: (100 * most) / trainingRows,
        axisLabel: { ...text, showMaxLabel: false },
        splitLine: { show: false },
      },
    ],
    yAxis: {
      ...axis,
      name: 'share of the test rows, correct and certified',
      nameGap: 42,
      max: 1,
      interval: 0.2,
      axisLabel: { ...text, formatter: (value: number) => value.toFixed(1) },
      splitLine: { show: true, lineStyle: { color: '#e4e4e4' } },
    },
    legend: entries.map(({ lines: textLines, left, top }, k) => ({
      data: [{ name: String(k) }],
      left,
      top,
      padding: 0,
      itemWidth: LEGEND.icon,
      itemStyle: { opacity: 0 }, // the line alone, without a symbol on it
      selectedMode: false,
      textStyle: { ...text, lineHeight: LEGEND.line },
      formatter: () => textLines.join('\n'),
    })),
    series: lines.map(({ points, colour, dashes, width }, k) => ({
      type: 'line' as const,
      name: String(k), // what is read stands in the legend: there, two may be equal
      data: points.map((point) => [...point]),
      step: stepOf(points),
      symbol: 'none',
      silent: true,
      clip: false,
      emphasis: { disabled: true },
      itemStyle: { color: colour },
      lineStyle: { color: colour, width, type: dashes },
    })),
  };
}

/**
 * A share holds from its number of flips up to the next one. Where numbers are left out between two points, the smaller
 * share is drawn, which holds for all of them.
 */
function stepOf(points: readonly Point[]): 'end' | 'start' {
  return points.length > 1 && points[1]![0] - points[0]![0] > 1 ? 'start' : 'end';
}

function count(value: number): string {
  return value.toLocaleString('en');
}

/** Gives the figure a title and a description for those who cannot see it. */
function described(svg: string, { model, rows, trainingRows, evaluations }: FigureData): string {
  const names = evaluations.map(({ name }) => name).join('; ');
  const title = `Certified accuracy of ${model.name}, version ${model.version}`;
  const description = `Share of ${rows} test rows that are predicted correctly however many of the ${trainingRows} training labels are changed, by that number, for: ${names}`;
  const start = svg.indexOf('>');
  return `${svg.slice(0, start)} role="img"><title>${escaped(title)}</title><desc>${escaped(description)}</desc>${svg.slice(start + 1)}`;
}

/**
 * Takes out what the library adds for pages that react to the mouse, and the number of the chart in this process.
 * All within tags: in text there is no `<` or `>`, the library escapes them.
 */
function still(svg: string): string {
  return svg
    .replace(/<style[\s\S]*?<\/style>\s*/, '')
    .replaceAll(/<[^>]*>/g, (tag) =>
      tag.replaceAll(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, '').replaceAll(/\bzr\d+-/g, ''),
    );
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
