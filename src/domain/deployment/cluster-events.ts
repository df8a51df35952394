import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { ClusterEvent } from './failure.ts';

/** The events worth showing, at most `most`, newest first, one of each text: warnings, and the rest only where nobody warns. */
export function tellingEvents(events: readonly JsonObject[], most: number): readonly ClusterEvent[] {
  const read = events.map((event) => ({ event: readEvent(event), at: timeOf(event) }));
  read.sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0));
  const seen = new Set<string>();
  const distinct = read.filter(({ event }) => {
    const key = `${event.about}\n${event.reason}\n${event.message}`;
    return seen.has(key) ? false : seen.add(key);
  });
  const warnings = distinct.filter(({ event }) => event.type === 'Warning');
  return (warnings.length > 0 ? warnings : distinct).slice(0, most).map(({ event }) => event);
}

function readEvent(event: JsonObject): ClusterEvent {
  const about = map(event['involvedObject']);
  const count = event['count'] ?? map(event['series'])['count'];
  return {
    about: `${text(about['kind'])} ${text(about['name'])}`,
    type: text(event['type']),
    reason: text(event['reason']),
    message: text(event['message']),
    count: typeof count === 'number' ? count : 1,
  };
}

/** RFC 3339 in UTC, of whatever precision: they sort as text to the second. */
function timeOf(event: JsonObject): string {
  return (
    text(map(event['series'])['lastObservedTime']) ||
    text(event['lastTimestamp']) ||
    text(event['eventTime']) ||
    text(map(event['metadata'])['creationTimestamp'])
  );
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}
