import { sha256Text } from '../audit/content-digest.ts';
import { replanButton } from '../command/press.ts';
import { deliveryGuid } from '../identity.ts';
import type { Hint } from './hint.ts';

/** What a webhook must look like to be read at all; everything else in it is ignored. */
interface Payload {
  readonly [key: string]: unknown;
}

/**
 * Takes the ids out of a webhook's payload. Nothing in it is believed: what is not of the expected shape is left out, and what is taken is fetched again.
 */
export function readHint(delivery: { readonly guid: string; readonly event: string; readonly payload: unknown }): Hint {
  const payload = record(delivery.payload);
  const action = text(payload['action']);
  const installation = id(record(payload['installation'])['id']);
  const repository = id(record(payload['repository'])['id']);
  const issue = record(payload['issue']);
  const pull =
    id(record(payload['pull_request'])['number']) ??
    (issue['pull_request'] === undefined ? undefined : id(issue['number']));
  const issueNumber = id(issue['number']);
  const comment = commentOf(payload);
  const pushed = delivery.event === 'push';
  const ref = pushed ? text(payload['ref']) : text(record(record(payload['pull_request'])['base'])['ref']);
  const sha = pushed ? shaText(payload['after']) : headShaOf(payload);
  const group = groupOf(payload);
  const button = buttonOf(action, payload);
  const repositories = repositoriesOf(delivery.event, payload);
  return {
    guid: deliveryGuid(delivery.guid),
    event: delivery.event,
    ...(action === undefined ? {} : { action }),
    ...(installation === undefined ? {} : { installation }),
    ...(repository === undefined ? {} : { repository }),
    ...(repositories === undefined ? {} : { repositories }),
    ...(pull === undefined ? {} : { pull }),
    ...(issueNumber === undefined ? {} : { issue: issueNumber }),
    ...(comment === undefined ? {} : { comment }),
    ...(ref === undefined ? {} : { ref }),
    ...(sha === undefined ? {} : { sha }),
    ...(group === undefined ? {} : { group }),
    ...(button === undefined ? {} : { requestedAction: button }),
  };
}

function commentOf(payload: Payload): Hint['comment'] | undefined {
  const comment = record(payload['comment']);
  const commentId = id(comment['id']);
  const body = comment['body'];
  // Bots, ourselves first, say no commands.
  if (record(comment['user'])['type'] === 'Bot') return undefined;
  return commentId === undefined || typeof body !== 'string'
    ? undefined
    : { id: commentId, bodyDigest: sha256Text(body) };
}

const mostRepositories = 10_000;

/** Open pull requests of a repository that comes into sight get their checks at once. */
function repositoriesOf(event: string, payload: Payload): readonly number[] | undefined {
  if (event !== 'installation' && event !== 'installation_repositories') return undefined;
  const listed = event === 'installation' ? payload['repositories'] : payload['repositories_added'];
  return Array.isArray(listed)
    ? listed.slice(0, mostRepositories).flatMap((entry) => id(record(entry)['id']) ?? [])
    : [];
}

function headShaOf(payload: Payload): string | undefined {
  for (const part of ['check_run', 'check_suite', 'merge_group']) {
    const sha = shaText(record(payload[part])['head_sha']);
    if (sha !== undefined) return sha;
  }
  return undefined;
}

function groupOf(payload: Payload): Hint['group'] | undefined {
  const group = record(payload['merge_group']);
  const headRef = text(group['head_ref']);
  const baseRef = text(group['base_ref']);
  return headRef === undefined || baseRef === undefined ? undefined : { headRef, baseRef };
}

/** GitHub's own button asks for what Re-plan asks for. */
function buttonOf(action: string | undefined, payload: Payload): Hint['requestedAction'] | undefined {
  const identifier =
    action === 'rerequested' ? replanButton.identifier : text(record(payload['requested_action'])['identifier']);
  const sender = record(payload['sender']);
  const [senderId, login] = [id(sender['id']), text(sender['login'])];
  if (identifier === undefined || senderId === undefined || login === undefined) return undefined;
  return { identifier, by: { id: senderId, login, bot: sender['type'] === 'Bot' } };
}

function record(value: unknown): Payload {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Payload) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 1000 ? value : undefined;
}

function shaText(value: unknown): string | undefined {
  return typeof value === 'string' && /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value) ? value : undefined;
}

function id(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}
