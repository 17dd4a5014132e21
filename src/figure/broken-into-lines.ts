/**
 * Breaks a text into lines of at most so many character widths: between words, and within a word that is longer.
 * Capitals count for more than one, characters from U+1100 on (Hangul, Han, Kana, emoji) for two. Counting, unlike
 * measuring, needs no font and gives the same lines everywhere.
 */
export function brokenIntoLines(text: string, most = 44): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= most) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = '';
    for (const character of word) {
      if (widthOf(line + character) > most) {
        lines.push(line);
        line = '';
      }
      line += character;
    }
  }
  return [...lines, line];
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += character >= '\u1100' ? 2 : /\p{Lu}/u.test(character) ? 1.3 : 1;
  return width;
}
