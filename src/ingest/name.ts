/** What a name may be, for messages. */
export const NAME_RULE = '1 to 200 characters, and not __proto__';

/** Whether a column or class may have this name: they become keys of JSON objects. */
export function isName(name: string): boolean {
  return name !== '' && name.length <= 200 && name !== '__proto__';
}
