import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certifiedAccuracyFigure } from '../../src/figure/certified-accuracy-figure.ts';
import { figureOf, HOSTILE_NAMES, NAMES } from '../support/models/figure.ts';
import { noBrowser, openBrowser } from '../support/process/browser.ts';
import { temporaryFolder } from '../support/process/service.ts';

/** Opens figures as files, as somebody would who saved them. */
async function openFigure(svg: string) {
  const file = join(temporaryFolder(), 'figure.svg');
  writeFileSync(file, svg);
  const visit = await openBrowser();
  await visit.page.goto(`file://${file}`);
  const texts = await visit.page.locator('text').evaluateAll((elements) =>
    elements.map((element) => {
      const { x, y, width, height } = (element as unknown as SVGGraphics).getBoundingClientRect();
      return { text: element.textContent ?? '', x, y, width, height };
    }),
  );
  return { ...visit, texts };
}

type SVGGraphics = { getBoundingClientRect(): { x: number; y: number; width: number; height: number } };

describe('the figure', () => {
  it('is the same text for the same data, whatever was drawn before', () => {
    const first = certifiedAccuracyFigure(figureOf(NAMES));
    certifiedAccuracyFigure(figureOf(['another']));
    expect(certifiedAccuracyFigure(figureOf(NAMES))).toBe(first);
    expect(certifiedAccuracyFigure(figureOf(NAMES.slice(1)))).not.toBe(first);
  });

  it('is complete in itself: no script, style sheet, font, image or address', () => {
    const svg = certifiedAccuracyFigure(figureOf(NAMES));
    expect(svg).toMatch(/^<svg [^>]*role="img"><title>[^<]+<\/title><desc>[^<]+<\/desc>/);
    expect([...new Set(svg.match(/<\w+/g))].sort()).toEqual(
      ['<clipPath', '<defs', '<desc', '<g', '<path', '<rect', '<svg', '<text', '<title'].sort(),
    );
    expect(svg.replaceAll(/xmlns(:xlink)?="[^"]+"/g, '')).not.toMatch(/https?:|\bhref|@import|url\((?!#c\d)/);
    expect(svg).not.toMatch(/\son\w+=|ecmeta|class=/);
  });

  it('draws each curve through its points, the smaller share where numbers are left out', () => {
    const data = figureOf([]);
    const evaluations = [
      {
        name: 'every number',
        curve: [1, 0.5, 0].map((certifiedAccuracy, flips) => ({ flips, certifiedAccuracy })),
      },
      {
        name: 'every second',
        curve: [1, 0.5, 0].map((certifiedAccuracy, k) => ({ flips: 2 * k, certifiedAccuracy })),
      },
    ];
    const undefended = { curve: [{ flips: 0, accuracy: 0.25 }] };
    const svg = certifiedAccuracyFigure({ ...data, evaluations, undefended, majorityAccuracy: 0.75 });
    const path = (colour: string) => new RegExp(`<path d="([^"]+)"[^>]*stroke="${colour}"`).exec(svg)![1];
    // The plot is 850 wide from 76 for 4 flips, and 400 high down to 504.
    expect(path('#0072b2')).toBe('M76 104L288.5 104L288.5 304L501 304L501 504');
    expect(path('#d55e00')).toBe('M76 104L76 304L501 304L501 504L926 504');
    expect(svg).toMatch(/<path d="M76 204L926 204"[^>]*stroke="#6b6b6b"[^>]*stroke-dasharray/);
  });

  it('takes names for text, whatever they contain', () => {
    const data = figureOf(HOSTILE_NAMES);
    const svg = certifiedAccuracyFigure({ ...data, model: { name: '<b>&"', version: 1 } });
    expect(svg).not.toMatch(/<(script|image|style|b)\b/);
    expect(svg).toContain('&lt;b&gt;&amp;');
    expect(svg).toContain('>url(#zr1-c0) zr7-cls-0</text>'); // looks like the library's identifiers, and is a name
    // A well-formed document: each element that begins ends, and nothing but text and elements is there.
    const open: string[] = [];
    for (const [, end, name, inner] of svg.matchAll(/<(\/?)(\w+)((?:\s[\w:-]+="[^"<]*")*)\s*>/g)) {
      if (end === '') open.push(name!);
      else expect([name, inner]).toEqual([open.pop(), '']);
    }
    expect(open).toEqual([]);
    expect(svg.replaceAll(/<\/?\w+((?:\s[\w:-]+="[^"<]*")*)\s*>/g, '')).not.toMatch(/[<>]/);
  });

  it('shows every text in a browser, apart from the others and within the figure', {
    timeout: 60_000,
  }, async ({ skip }) => {
    skip(noBrowser !== undefined, noBrowser);
    const many = Array.from({ length: 20 }, (_, k) => `${NAMES[k % 6]} ${k}`);
    for (const names of [['exact'], NAMES, many]) {
      const { page, texts, errors } = await openFigure(certifiedAccuracyFigure(figureOf(names)));
      expect(errors).toEqual([]);
      const shown = texts.map(({ text }) => text).join(' ');
      for (const name of names) for (const word of name.split(' ')) expect(shown).toContain(word);
      for (const text of [
        'Certified accuracy of mnist-1-7, version 3',
        '2,163 test rows, 13,007 training rows',
        'training labels changed',
        'percent of the training rows',
        'always the most frequent class (0.525)',
        'undefended, every test row attacked alone',
      ]) {
        expect(shown).toContain(text);
      }
      const { width, height } = await page.evaluate(() => {
        const root = (
          globalThis as unknown as { document: { documentElement: SVGGraphics } }
        ).document.documentElement.getBoundingClientRect();
        return { width: root.width, height: root.height };
      });
      for (const [k, one] of texts.entries()) {
        expect(one.width, one.text).toBeGreaterThan(0);
        expect(one.x, one.text).toBeGreaterThanOrEqual(0);
        expect(one.x + one.width, one.text).toBeLessThanOrEqual(width);
        expect(one.y + one.height, one.text).toBeLessThanOrEqual(height);
        for (const other of texts.slice(k + 1)) {
          const apart =
            one.x + one.width <= other.x ||
            other.x + other.width <= one.x ||
            one.y + one.height <= other.y + 2 ||
            other.y + other.height <= one.y + 2;
          expect(apart, `'${one.text}' and '${other.text}'`).toBe(true);
        }
      }
      await page.close();
    }
  });

  it('runs nothing of a hostile name in a browser', async ({ skip }) => {
    skip(noBrowser !== undefined, noBrowser);
    const svg = certifiedAccuracyFigure(figureOf(HOSTILE_NAMES));
    const { page, requested, errors, texts } = await openFigure(svg);
    expect(errors).toEqual([]);
    expect(requested.filter((url) => !url.startsWith('file:'))).toEqual([]);
    expect(await page.title()).toBe('Certified accuracy of mnist-1-7, version 3');
    expect(texts.map(({ text }) => text).join('')).toContain('</text></svg><script>document.title');
    expect(await page.locator('script, image, style').count()).toBe(0);
  });
});
