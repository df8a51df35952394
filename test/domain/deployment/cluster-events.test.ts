import { expect, test } from 'vitest';
import { tellingEvents } from '../../../src/domain/deployment/cluster-events.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

const event = (message: string, at: string, more: JsonObject = {}): JsonObject => ({
  involvedObject: { kind: 'Pod', name: 'web-1' },
  type: 'Warning',
  reason: 'BackOff',
  message,
  lastTimestamp: at,
  ...more,
});
const shown = (events: readonly JsonObject[], most = 10) => tellingEvents(events, most).map(({ message }) => message);

test('warnings are shown, newest first, and the rest only where there are none', () => {
  const events = [
    event('normal', '2026-01-05T00:00:00Z', { type: 'Normal' }),
    event('old', '2026-01-01T00:00:00Z'),
    event('new', '2026-01-03T00:00:00Z'),
  ];
  expect(shown(events)).toEqual(['new', 'old']);
  expect(shown(events.slice(0, 1))).toEqual(['normal']);
  expect(shown(events, 1)).toEqual(['new']);
});

test('an event is as old as it was last seen, in whichever way it says so', () => {
  const events = [
    event('by its series', '2026-01-01T00:00:00Z', {
      series: { count: 4, lastObservedTime: '2026-01-09T00:00:00.000000Z' },
    }),
    { ...event('by its time', ''), lastTimestamp: null, eventTime: '2026-01-08T00:00:00.000000Z' },
    { ...event('by its creation', ''), lastTimestamp: null, metadata: { creationTimestamp: '2026-01-07T00:00:00Z' } },
  ];
  expect(shown([...events].reverse())).toEqual(['by its series', 'by its time', 'by its creation']);
  expect(tellingEvents(events, 1)[0]).toEqual({
    about: 'Pod web-1',
    type: 'Warning',
    reason: 'BackOff',
    message: 'by its series',
    count: 4,
  });
});

test('the same text about the same object is said once', () => {
  expect(shown([event('again', '2026-01-01T00:00:00Z'), event('again', '2026-01-02T00:00:00Z')])).toEqual(['again']);
});
