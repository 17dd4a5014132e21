import { z } from 'zod';

/**
 * A list whose check stops at the first misfit: one misfit for each of millions of entries would fill the memory.
 * `form` is what OpenAPI says of it.
 */
export function listOf<T>(
  fits: (entry: unknown) => boolean,
  message: string,
  form: Record<string, unknown>,
): z.ZodType<T[]> {
  return z
    .array(z.unknown())
    .refine((entries) => entries.every(fits), message)
    .meta(form) as unknown as z.ZodType<T[]>;
}

/** A list of strings, checked as `listOf` does. */
export function stringsOf(description: string): z.ZodType<string[]> {
  const isString = (entry: unknown) => typeof entry === 'string';
  return listOf(isString, 'expected an array of strings', { items: { type: 'string' }, description });
}
