import { describe, expect, it } from 'vitest';
import { startService } from '../support/process/service.ts';

describe('every answer', () => {
  it('tells browsers to distrust and caches to forget it, and no version', async () => {
    const service = await startService();
    for (const path of ['/livez', '/models', '/models/none', '/nowhere', '/openapi.json']) {
      const { headers } = await service.get(path);
      expect(headers, path).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      });
      for (const name of ['server', 'x-powered-by', 'strict-transport-security', 'vary']) {
        expect(headers, path).not.toHaveProperty(name);
      }
    }
  });

  it('of a page may load and call this service only', async () => {
    const service = await startService();
    const { headers } = await fetch(`${service.url}/docs`);
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; .*connect-src 'self'; .*script-src 'self';/,
    );
  });
});
