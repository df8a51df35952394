import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';
import { subscribedEvents } from '../../../src/entrypoints/webhooks/subscribed-events.ts';

const manifest = load(readFileSync(new URL('../../../app.yml', import.meta.url), 'utf8')) as {
  readonly default_events: readonly string[];
};
/** GitHub sends these to every app; they cannot be subscribed to. */
const unasked = ['installation', 'installation_repositories', 'installation_target'];

it('handles exactly the events that the App asks GitHub for, and those that come unasked', () => {
  expect([...subscribedEvents].sort()).toEqual([...manifest.default_events, ...unasked].sort());
});
