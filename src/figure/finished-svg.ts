import type { FigureData } from './figure-data.ts';

/** What the library has drawn as a document of its own: without what it adds for web pages, with title and description. */
export function finishedSvg(drawn: string, data: FigureData): string {
  return described(still(drawn), data);
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
