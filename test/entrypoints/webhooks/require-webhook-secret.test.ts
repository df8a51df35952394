import { expect, it } from 'vitest';
import { requireWebhookSecret } from '../../../src/entrypoints/webhooks/require-webhook-secret.ts';

it('gives the secret that is set', () => {
  expect(requireWebhookSecret({ WEBHOOK_SECRET: 'a random one' })).toBe('a random one');
});

it.each([undefined, '', '  \n'])('refuses to go on without one (%j), and says what to set', (secret) => {
  expect(() => requireWebhookSecret({ WEBHOOK_SECRET: secret })).toThrow(
    /^WEBHOOK_SECRET is not set.*set it to the webhook secret of the GitHub App/,
  );
});

it("refuses Probot's well-known default, and says what to choose", () => {
  expect(() => requireWebhookSecret({ WEBHOOK_SECRET: 'development' })).toThrow(
    /well-known default.*choose a random one/,
  );
});
