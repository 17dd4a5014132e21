import { LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { brokenIntoLines } from './broken-into-lines.ts';
import { type Curve, curvesOf, stepOf } from './curves.ts';
import type { FigureData } from './figure-data.ts';
import { finishedSvg } from './finished-svg.ts';

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer]);

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
  const curves = curvesOf(data);
  const legend = placeLegend(curves);
  const chart = init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: WIDTH,
    height: legend.bottom + 16,
  });
  try {
    chart.setOption(optionOf(data, curves, legend.entries));
    return finishedSvg(chart.renderToSVGString(), data);
  } finally {
    chart.dispose();
  }
}

interface LegendEntry {
  readonly lines: readonly string[];
  readonly left: number;
  readonly top: number;
}

/** A place for each entry; the library's own layout lets entries of several lines overlap. */
function placeLegend(curves: readonly Curve[]): { entries: LegendEntry[]; bottom: number } {
  const entries: LegendEntry[] = [];
  let top = LEGEND.top;
  for (let k = 0; k < curves.length; k += 2) {
    const texts = curves.slice(k, k + 2).map(({ name }) => brokenIntoLines(name));
    const left = (column: number) => PLOT.left + column * LEGEND.column;
    entries.push(...texts.map((text, column) => ({ lines: text, left: left(column), top })));
    top += Math.max(...texts.map(({ length }) => length)) * LEGEND.line + LEGEND.gap;
  }
  return { entries, bottom: top };
}

function optionOf(
  { model, rows, trainingRows }: FigureData,
  curves: readonly Curve[],
  entries: readonly LegendEntry[],
) {
  const most = curves.at(-1)!.points.at(-1)![0];
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
    series: curves.map(({ points, colour, dashes, width }, k) => ({
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

function count(value: number): string {
  return value.toLocaleString('en');
}
