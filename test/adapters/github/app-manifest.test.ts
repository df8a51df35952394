import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { expect, it } from 'vitest';

interface Manifest {
  readonly hook_attributes: { readonly url: string };
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
}

const manifest = load(readFileSync(new URL('../../../app.yml', import.meta.url), 'utf8')) as Manifest;

it('sends webhooks to the path that is served by default, over TLS', () => {
  const url = new URL(manifest.hook_attributes.url);

  expect([url.protocol, url.pathname]).toEqual(['https:', '/api/github/webhooks']);
});

it('asks for the least that Planwright needs', () => {
  expect(manifest.default_permissions).toEqual({
    metadata: 'read',
    contents: 'read',
    pull_requests: 'write',
    issues: 'write',
    checks: 'write',
    deployments: 'write',
    merge_queues: 'read',
    members: 'read',
  });
});

it('asks only for permissions and events that GitHub has', () => {
  const text = readFileSync(
    new URL('../../../node_modules/@octokit/openapi/generated/api.github.com.json', import.meta.url),
    'utf8',
  );
  const { components, 'x-webhooks': webhooks } = JSON.parse(text) as {
    readonly components: {
      readonly schemas: Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;
    };
    readonly 'x-webhooks': Readonly<Record<string, unknown>>;
  };
  const permissions = Object.keys(components.schemas['app-permissions']?.properties ?? {});
  const described = Object.keys(webhooks);

  expect(permissions).toEqual(expect.arrayContaining(Object.keys(manifest.default_permissions)));
  const unknown = manifest.default_events.filter((event) => {
    const prefix = event.replaceAll('_', '-');
    return !described.some((name) => name === prefix || name.startsWith(`${prefix}-`));
  });
  expect(unknown).toEqual([]);
});
