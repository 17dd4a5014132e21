import { expect } from 'vitest';
import { SuretyError } from '../../../src/errors.ts';

/** Stand for values of an applicant: no message may show them, not even a part of them. */
export const MARKER = 'Zq7xMarker';
export const NUMBER_MARKER = 4815.162342;

/** The error of a call that has to be refused; whatever it is, it must not quote a marker. */
export async function refusalOf(act: () => unknown): Promise<SuretyError> {
  const error = await failureOf(act);
  expect(error).toBeInstanceOf(SuretyError);
  const { message, misfits } = error as SuretyError;
  silent(`${message} ${JSON.stringify(misfits)}`);
  return error as SuretyError;
}

/** Whatever the call throws or rejects with. */
export async function failureOf(act: () => unknown): Promise<unknown> {
  try {
    await act();
  } catch (error) {
    return error;
  }
  throw new Error('the call was not refused');
}

/** Fails when a text shows a marker. */
export function silent(text: string): void {
  for (const marker of [MARKER, String(NUMBER_MARKER)]) expect(text).not.toContain(marker);
}
