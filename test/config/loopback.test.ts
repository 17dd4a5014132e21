import { expect, it } from 'vitest';
import { isLoopback } from '../../src/config/loopback.ts';

it.each(['127.0.0.1', '127.255.0.9', '::1', '[::1]', 'localhost', '::ffff:127.0.0.1'])(
  '%s is of this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

it.each([
  ...['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', '', 'example.com', '127.0.0.1.example.com'],
  ...['localhost.example.com', '::2', '::ffff:10.0.0.1', '[::1', '127.1', '2130706433'],
])('%s may be reached by others', (host) => {
  expect(isLoopback(host)).toBe(false);
});
