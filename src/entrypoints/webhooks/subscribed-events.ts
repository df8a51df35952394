/** What app.yml subscribes to, and what GitHub sends to every app unasked. Other events are acknowledged and dropped. */
export const subscribedEvents = [
  'pull_request',
  'pull_request_review',
  'issue_comment',
  'push',
  'merge_group',
  'check_run',
  'check_suite',
  'installation',
  'installation_repositories',
  'installation_target',
] as const;

const names: ReadonlySet<string> = new Set(subscribedEvents);

export function isSubscribed(event: string): event is (typeof subscribedEvents)[number] {
  return names.has(event);
}
