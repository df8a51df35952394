import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';

export const webhookSecret = 'the benchmark signs with this';

interface Example {
  readonly name: string;
  readonly examples: readonly { readonly action?: string; readonly [key: string]: unknown }[];
}

/** GitHub's own example of an opened pull request, as an app gets it: 21 KB. Deliveries differ by GUID only, so one signature does. */
export function signedDelivery(): { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> } {
  const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as readonly Example[];
  const opened = examples
    .filter(({ name }) => name === 'pull_request')
    .flatMap((definition) => definition.examples)
    .find(({ action }) => action === 'opened');
  const body = Buffer.from(JSON.stringify({ ...opened, installation: { id: 4711, node_id: 'I_4711' } }));
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'user-agent': 'GitHub-Hookshot/bench',
      'x-github-event': 'pull_request',
      'x-hub-signature-256': `sha256=${createHmac('sha256', webhookSecret).update(body).digest('hex')}`,
    },
  };
}
