import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { isSubscribed } from '../../../src/entrypoints/webhooks/subscribed-events.ts';
import { deliver, runningServer } from './running-server.ts';

interface Numbered {
  readonly id?: number;
  readonly number?: number;
}

interface Payload {
  readonly action?: string;
  readonly ref?: string;
  readonly after?: string;
  readonly repository?: Numbered;
  readonly pull_request?: Numbered;
  readonly issue?: Numbered & { readonly pull_request?: object };
  readonly comment?: Numbered;
  readonly check_run?: { readonly head_sha: string };
  readonly check_suite?: { readonly head_sha: string };
}

const definitions = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly {
  readonly name: string;
  readonly examples: readonly Payload[];
}[];
const examples = definitions.flatMap(({ name, examples: payloads }) =>
  payloads.map((payload) => ({ name, payload: { ...payload, installation: { id: 4711 } } })),
);

it("acknowledges every example of GitHub's own, signed, and stores those that it subscribes to", async () => {
  const { server, inbox, log } = await runningServer();

  const statuses = new Set<number>();
  for (const { name, payload } of examples) {
    statuses.add((await deliver(server, JSON.stringify(payload), { 'x-github-event': name })).status);
  }

  expect(examples.length).toBeGreaterThan(300);
  expect([...statuses]).toEqual([200]);
  expect(inbox.hints.size).toBe(examples.filter(({ name }) => isSubscribed(name)).length);
  expect(log.lines).toEqual([]);
});

it.each(['pull_request', 'pull_request_review', 'issue_comment', 'push', 'check_run', 'check_suite'])(
  "takes the ids of GitHub's examples of %s",
  async (event) => {
    const { server, inbox } = await runningServer();
    const payloads = examples.filter(({ name }) => name === event).map(({ payload }) => payload);

    for (const payload of payloads) await deliver(server, JSON.stringify(payload), { 'x-github-event': event });

    expect(payloads.length).toBeGreaterThan(0);
    expect([...inbox.hints.values()]).toEqual(
      payloads.map((payload) => expect.objectContaining(idsOf(event, payload))),
    );
  },
);

function idsOf(event: string, payload: Payload): object {
  const common = {
    event,
    installation: 4711,
    repository: payload.repository?.id,
    ...(payload.action === undefined ? {} : { action: payload.action }),
  };
  switch (event) {
    case 'push':
      return { ...common, ref: payload.ref, sha: payload.after };
    case 'check_run':
      return { ...common, sha: payload.check_run?.head_sha };
    case 'check_suite':
      return { ...common, sha: payload.check_suite?.head_sha };
    case 'issue_comment':
      return {
        ...common,
        issue: payload.issue?.number,
        ...(payload.issue?.pull_request === undefined ? {} : { pull: payload.issue.number }),
        comment: { id: payload.comment?.id, bodyDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      };
    default:
      return { ...common, pull: payload.pull_request?.number };
  }
}
