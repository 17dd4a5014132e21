import { expect, it } from 'vitest';
import { ByteAccount } from '../../src/process/byte-account.ts';

/*
 * At most 100 for all, 50 for each:
 *
 *   a takes 40    a 40          total 40
 *   a takes 11    no: 51
 *   b takes 50    a 40, b 50    total 90
 *   c takes 11    no: 101
 *   a gives 40          b 50    total 50
 *   c takes 50          b 50, c 50
 */
it('takes no more than there is for all, nor than half of it for one', () => {
  const account = new ByteAccount(100);
  expect(account.take('a', 40)).toBe(true);
  expect(account.take('a', 11)).toBe(false);
  expect(account.take('b', 50)).toBe(true);
  expect(account.take('c', 11)).toBe(false);
  expect(account.total).toBe(90);
  account.release('a', 40);
  expect(account.take('c', 50)).toBe(true);
  expect(account.total).toBe(100);
  account.release('b', 50);
  account.release('c', 50);
  expect(account.total).toBe(0);
});
