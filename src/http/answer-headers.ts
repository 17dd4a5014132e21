const INSIST_ON_TLS = 'max-age=31536000';

/** Of every answer. */
export const ANSWER_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** The same, and over TLS that a browser should insist on it from now on. */
export function answerHeaders(tls: boolean) {
  return { ...ANSWER_HEADERS, ...(tls && { 'strict-transport-security': INSIST_ON_TLS }) };
}
