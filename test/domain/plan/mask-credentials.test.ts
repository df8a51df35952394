import { expect, test } from 'vitest';
import { maskCredentials } from '../../../src/domain/plan/mask-credentials.ts';

test.each([
  ['GET https://bob:hunter2@db.test/x', 'GET https://bob:(masked)@db.test/x'],
  ['Authorization: Bearer abcdef123456', 'Authorization: Bearer (masked)'],
  ['got eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl now', 'got (masked) now'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nafter', '(masked)\nafter'],
  ['-----BEGIN PRIVATE KEY-----\nMIIE and it was cut', '(masked)'],
])('nothing that looks like a credential stays: %s', (text, expected) => {
  expect(maskCredentials(text)).toBe(expected);
});

test.each([
  'listening on :8080',
  'http://db.test:5432/orders?user=bob',
  'panic: runtime error: index out of range [3] with length 3',
])('a text without any stays as it is: %s', (text) => {
  expect(maskCredentials(text)).toBe(text);
});

test('a hostile text costs no more than its length', () => {
  const start = performance.now();
  for (const part of ['://', '-----BEGIN ', 'eyJ', '-eyJ', 'Basic ']) maskCredentials(part.repeat(25_000));
  expect(performance.now() - start).toBeLessThan(2_000);
});
