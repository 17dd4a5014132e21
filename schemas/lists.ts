import { z } from 'zod';

/**
 * A list whose check stops at the first misfit: one misfit for each of millions of entries would fill the memory. It is no array of
 * zod's, which makes an object of each entry.
 * `form` is what OpenAPI says of it.
 */
export function listOf<T>(
  fits: (entry: unknown) => boolean,
  message: string,
  form: Record<string, unknown>,
): z.ZodType<T[]> {
  return z
    .unknown()
    .superRefine((value, context) => {
      // what is no array is no more looked at
      if (!Array.isArray(value))
        context.addIssue({ code: 'invalid_type', expected: 'array', input: value, continue: false });
      else if (!value.every(fits)) context.addIssue({ code: 'custom', message });
    })
    .meta({ type: 'array', ...form }) as unknown as z.ZodType<T[]>;
}

/** A list of strings, checked as `listOf` does. */
export function stringsOf(description: string): z.ZodType<string[]> {
  const isString = (entry: unknown) => typeof entry === 'string';
  return listOf(isString, 'expected an array of strings', { items: { type: 'string' }, description });
}
