/**
 * The place of an empty list in the JSON of a value. The JSON of the same value with entries in that list is
 * `before`, the entries, `after`: so a long list can be written some entries at a time.
 */
export class JsonGap {
  readonly before: string;
  readonly after: string;

  /**
   * Of the first member with this name and an empty list. Strings hold no such text: JSON escapes their
   * quotes.
   */
  constructor(json: string, name: string) {
    const member = `"${name}":[`;
    const at = json.indexOf(`${member}]`) + member.length;
    this.before = json.slice(0, at);
    this.after = json.slice(at);
  }

  /** The entries in the JSON of the value with entries there. */
  entriesIn(json: string): string {
    return json.slice(this.before.length, json.length - this.after.length);
  }
}
