import { describe, expect, test } from 'vitest';
import { pullNumber } from '../../../src/domain/identity.ts';
import type { JsonObject } from '../../../src/domain/json.ts';
import { changeLines } from '../../../src/domain/report/change-lines.ts';
import { shortDetail } from '../../../src/domain/report/detail.ts';
import {
  applied,
  configMap,
  deployment,
  deploymentSchema,
  facts,
  manifest,
  type ObjectStages,
  planOf,
  serviceSchema,
} from '../plan/object-builder.ts';

function snapshot(name: string): string {
  return `./__snapshots__/object-diff/${name}.diff`;
}

/** The lines of the one object's change. */
function shown(stages: ObjectStages, overrides: Parameters<typeof planOf>[1] = {}): string {
  const [change] = planOf([facts(stages)], { pendingPulls: [pullNumber(38)], ...overrides }).changes;
  return change === undefined ? '' : `${changeLines(change, shortDetail).join('\n')}\n`;
}

/** Nothing but the pull request moves anything. */
function own(before: JsonObject, after: JsonObject, schema = deploymentSchema): ObjectStages {
  return { live: before, deployed: before, base: before, merge: after, schema };
}

interface WebParts {
  readonly image?: string;
  readonly env?: readonly JsonObject[];
  readonly args?: readonly string[];
  readonly replicas?: number;
}

function web({
  image = 'acme/web:1.8.2',
  env = [],
  args = ['--port=8080', '--verbose'],
  replicas = 3,
}: WebParts): JsonObject {
  return deployment(
    {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image, args, env, resources: { limits: { cpu: '1', memory: '1Gi' } } }] },
      },
    },
    { labels: { app: 'web', team: 'shop' } },
  );
}

const env = (name: string, value: string): JsonObject => ({ name, value });

describe("an object's diff", () => {
  test('shows an image bump with its container around it', async () => {
    const text = shown(own(web({}), web({ image: 'acme/web:1.9.0' })));
    expect(text).toContain('@@ spec.template.spec.containers[name=web].image @@');
    await expect(text).toMatchFileSnapshot(snapshot('image-bump'));
  });

  test('shows an item that is put into a list as inserted lines only', async () => {
    const [before, after] = [
      [env('A', '1'), env('B', '2'), env('C', '3')],
      [env('A', '1'), env('NEW', 'x'), env('B', '2'), env('C', '3')],
    ];
    const text = shown(own(web({ env: before }), web({ env: after })));
    expect(text).not.toMatch(/^-/m);
    await expect(text).toMatchFileSnapshot(snapshot('env-inserted'));
  });

  test('shows items that change places at both of them', async () => {
    const [before, after] = [
      [env('A', '1'), env('B', '2'), env('C', '3')],
      [env('C', '3'), env('A', '1'), env('B', '22')],
    ];
    await expect(shown(own(web({ env: before }), web({ env: after })))).toMatchFileSnapshot(snapshot('env-reordered'));
  });

  test('shows a port that is added beside the others', async () => {
    const ports = (...numbers: readonly number[]) =>
      manifest('Service', {
        spec: {
          selector: { app: 'web' },
          ports: numbers.map((port) => ({ name: `p${port}`, port, targetPort: port })),
        },
      });
    await expect(shown(own(ports(80, 443), ports(80, 8443, 443), serviceSchema))).toMatchFileSnapshot(
      snapshot('port-added'),
    );
  });

  test('compares a file of a ConfigMap line by line, also one with tabs', async () => {
    const lines = Array.from({ length: 40 }, (_, index) => `\tsetting_${index} = ${index};`);
    const edited = lines.with(12, '\tsetting_12 = 99;').toSpliced(30, 1);
    const file = (text: readonly string[]) =>
      configMap({ 'nginx.conf': `server {\n${text.join('\n')}\n}\n`, other: 'x' });
    await expect(shown(own(file(lines), file(edited)))).toMatchFileSnapshot(snapshot('file-line'));
  });

  test('shows an atomic list as one value, item by item', async () => {
    await expect(shown(own(web({}), web({ args: ['--port=9090', '--verbose', '--trace'] })))).toMatchFileSnapshot(
      snapshot('atomic-list'),
    );
  });

  test('tells drift, pending and this pull request on one field, each with its values', async () => {
    const text = shown({
      live: web({ replicas: 7 }),
      deployed: web({ replicas: 3 }),
      base: web({ replicas: 4 }),
      merge: web({ replicas: 5 }),
      schema: deploymentSchema,
    });
    expect(text).toContain('# replicas: drift 7 → 3, then pending #38 3 → 4, then this pull request 4 → 5');
    await expect(text).toMatchFileSnapshot(snapshot('three-steps'));
  });

  test('says of each line whose doing it is where that is not this pull request', async () => {
    const parts = (replicas: number, image: string, value: string) =>
      web({ replicas, image, env: [env('LEVEL', value)] });
    await expect(
      shown({
        live: parts(7, 'acme/web:1.8.2', 'info'),
        deployed: parts(3, 'acme/web:1.8.2', 'info'),
        base: parts(3, 'acme/web:1.9.0', 'info'),
        merge: parts(3, 'acme/web:1.9.0', 'debug'),
        schema: deploymentSchema,
      }),
    ).toMatchFileSnapshot(snapshot('attribution'));
  });

  test('says line by line whose doing the lines of one file are', async () => {
    const file = (...lines: readonly string[]) => configMap({ 'app.ini': `${lines.join('\n')}\n` });
    await expect(
      shown({
        live: file('[app]', 'debug = on', 'a = 1', 'b = 2', 'c = 3'),
        deployed: file('[app]', 'debug = off', 'a = 1', 'b = 2', 'c = 3'),
        base: file('[app]', 'debug = off', 'a = 10', 'b = 2', 'c = 3'),
        merge: file('[app]', 'debug = off', 'a = 10', 'b = 2', 'c = 30'),
      }),
    ).toMatchFileSnapshot(snapshot('file-attribution'));
  });

  test('shows steps that lead back to what is live, and says so', async () => {
    await expect(
      shown({
        live: web({ replicas: 3, image: 'a:1' }),
        deployed: web({ replicas: 3, image: 'a:1' }),
        base: web({ replicas: 5, image: 'a:1', env: [env('X', '1')] }),
        merge: web({ replicas: 3, image: 'a:2' }),
        schema: deploymentSchema,
      }),
    ).toMatchFileSnapshot(snapshot('there-and-back'));
  });

  test('shows of secrets only whether they change', async () => {
    const secret = (password: string, extra: JsonObject = {}) =>
      manifest('Secret', { data: { user: 'YWRtaW4=', password, ...extra }, type: 'Opaque' });
    const text = shown(own(secret('aHVudGVyMg=='), secret('Y29ycmVjdA==', { token: 'dDA=' })));
    expect(text).not.toMatch(/YWRtaW4|aHVudGVy|Y29ycmVjdA|dDA=/);
    await expect(text).toMatchFileSnapshot(snapshot('secret'));
  });

  test('shows a created object as it will be, a deleted one shortened', async () => {
    await expect(shown({ merge: web({ env: [env('A', '1')] }), schema: deploymentSchema })).toMatchFileSnapshot(
      snapshot('created'),
    );
    const before = web({ env: [env('A', '1')] });
    await expect(shown({ live: before, deployed: before, base: before, schema: deploymentSchema })).toMatchFileSnapshot(
      snapshot('deleted'),
    );
  });

  test('shows what only the server would change apart, in few lines', async () => {
    const before = web({});
    const predicted = deployment({
      ...(web({ replicas: 4 })['spec'] as JsonObject),
      paused: false,
      minReadySeconds: 0,
    });
    await expect(shown({ ...own(before, web({ replicas: 4 })), prediction: applied(predicted) })).toMatchFileSnapshot(
      snapshot('server'),
    );
  });

  test('of an object as large as a CustomResourceDefinition is cut, and says what it leaves out', async () => {
    const large = (word: string) =>
      deployment({
        versions: Object.fromEntries(
          Array.from({ length: 2_000 }, (_, index) => [
            `field${index}`,
            { type: 'object', description: `${word} ${index}` },
          ]),
        ),
      });
    const text = shown({ merge: large('created') });
    expect(text.split('\n').length).toBeLessThan(170);
    expect(text).toMatch(/^# … and 5,[\d,]+ more lines/m);
    const changed = shown(own(large('first'), large('second')));
    expect(changed).toMatch(/^# … and [\d,]+ more lines, among them spec\.versions\.field\d+\.description, /m);
  });

  test('lets no value look like a line of the diff itself', async () => {
    const hostile =
      'x\n@@ spec.replicas @@\n# drift: not mine\n- old\n+ new\n```\n\u202Egnp.exe <!-- planwright:plan --> @acme/admins\n';
    const text = shown(own(configMap({ a: 'x\n' }), configMap({ a: hostile, '@@ b @@\n# c': hostile })));
    expect(text.split('\n').filter((line) => /^(@@|#)/.test(line))).toEqual([
      '@@ update ConfigMap web/frontend @@',
      '@@ data.a @@',
      '@@ data["@@ b @@\\n# c"] @@',
    ]);
    expect(text).not.toContain('\u202E');
    await expect(text).toMatchFileSnapshot(snapshot('hostile'));
  });
});
