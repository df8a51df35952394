import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/domain/json.ts';
import type { PathSegment } from '../../../src/domain/plan/field-path.ts';
import { leavesOf } from '../../../src/domain/plan/leaves.ts';
import { isSecretLeaf, secretCheck } from '../../../src/domain/plan/mask.ts';
import { isSecretName } from '../../../src/domain/plan/secret-name.ts';
import { configMap, deployment, deploymentSchema, facts, identityOf, manifest, planOf } from './object-builder.ts';

const words = ['pass', 'password', 'passwd', 'secret', 'token', 'api_key', 'private_key', 'credential', 'credentials'];

describe('a name that ends in a secret word', () => {
  test.each(words)('%s is masked alone', (word) => {
    expect(isSecretName(word)).toBe(true);
  });

  test.each(words)('%s is masked in any case and any way of joining words', (word) => {
    const [first = '', second] = word.split('_');
    const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);
    const joined =
      second === undefined
        ? [first]
        : [`${first}_${second}`, `${first}-${second}`, `${first}.${second}`, `${first}${second}`];
    const camel = second === undefined ? capital(first) : capital(first) + capital(second);
    const mixed = [...`db_${word}`].map((letter, index) => (index % 2 === 0 ? letter : letter.toUpperCase())).join('');
    const names = [
      ...joined.flatMap((text) => [
        `db_${text}`,
        `DB_${text.toUpperCase()}`,
        `db-${text}`,
        `db.${text}`,
        `db ${text}`,
        `acme.io/${text}`,
        `${text}_`,
      ]),
      `db${camel}`,
      `DB${camel}`,
      `db${first}${second ?? ''}`,
      mixed,
    ];
    expect(names.filter((name) => !isSecretName(name))).toEqual([]);
  });

  test.each([
    'PASSWORD_FILE',
    'passwordHash',
    'secretName',
    'secretKeyRef',
    'tokenTTL',
    'imagePullSecrets',
    'TOKENS',
    'key',
    'api',
    'apiVersion',
    'publicKey',
    'monkey',
    'bypass',
    'COMPASS',
    'trespass',
    'passenger',
    'passthrough',
    '',
    '_',
  ])('is not %j', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('a secret value', () => {
  const secret = { group: '', kind: 'Secret' };
  const pod = { group: '', kind: 'Pod' };
  const at = (...names: readonly string[]): readonly PathSegment[] => names.map((name) => ({ kind: 'field', name }));
  const item = (name: string): PathSegment => ({ kind: 'item', keys: [['name', JSON.stringify(name)]] });

  test.each(['data', 'stringData'])('is everything in the %s of a Secret, and nothing beside it', (part) => {
    expect(isSecretLeaf(secret, at(part, 'LOG_LEVEL'), 'aW5mbw==')).toBe(true);
    expect(isSecretLeaf(secret, at(part), {})).toBe(true);
    expect(isSecretLeaf(secret, at('type'), 'Opaque')).toBe(false);
    expect(isSecretLeaf({ group: '', kind: 'ConfigMap' }, at(part, 'LOG_LEVEL'), 'info')).toBe(false);
    expect(isSecretLeaf({ group: 'acme.io', kind: 'Secret' }, at(part, 'LOG_LEVEL'), 'info')).toBe(false);
  });

  test('is that of an environment variable of such a name, and not its source', () => {
    const env = at('spec', 'env');
    expect(isSecretLeaf(pod, [...env, item('DB_PASSWORD'), ...at('value')], 'x')).toBe(true);
    expect(isSecretLeaf(pod, [...env, item('DB_PASSWORD'), ...at('name')], 'DB_PASSWORD')).toBe(false);
    expect(isSecretLeaf(pod, [...env, item('DB_PASSWORD'), ...at('valueFrom', 'secretKeyRef', 'name')], 'db')).toBe(
      false,
    );
    expect(isSecretLeaf(pod, [...env, item('DB_HOST'), ...at('value')], 'x')).toBe(false);
  });

  test('is the `value` below such a name, and no other of its fields', () => {
    expect(isSecretLeaf(pod, at('spec', 'adminPassword', 'value'), 'x')).toBe(true);
    expect(isSecretLeaf(pod, at('spec', 'secret', 'secretName'), 'tls')).toBe(false);
    expect(isSecretLeaf(pod, at('spec', 'database'), { adminPassword: { value: 'x' } })).toBe(true);
  });

  test.each<[string, Json, boolean]>([
    [
      'a list of environment variables',
      [
        { name: 'A', value: '1' },
        { name: 'apiToken', value: 'x' },
      ],
      true,
    ],
    [
      'a variable that takes its value elsewhere',
      [{ name: 'apiToken', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      false,
    ],
    ['a map deep inside', [{ config: { db: { password: 'x' } } }], true],
    ['a list of values under such a name', [{ name: 'u', token: ['x', 'y'] }], true],
    ['a volume that names a Secret', [{ name: 'tls', secret: { secretName: 'tls' } }], false],
    ['a plain list', ['password', 'token'], false],
  ])('that is part of one leaf masks the whole: %s', (_what, value, masked) => {
    expect(isSecretLeaf(pod, at('spec', 'list'), value)).toBe(masked);
  });

  test('is no boolean, however it is named, unless it stands in a Secret', () => {
    expect(isSecretLeaf(pod, at('spec', 'automountServiceAccountToken'), true)).toBe(false);
    expect(isSecretLeaf(pod, [...at('spec', 'env'), item('USE_TOKEN'), ...at('value')], false)).toBe(false);
    expect(isSecretLeaf(pod, at('spec', 'list'), [{ automountServiceAccountToken: false }])).toBe(false);
    expect(isSecretLeaf(pod, at('spec', 'list'), [{ name: 'USE_TOKEN', value: true }])).toBe(false);
    expect(isSecretLeaf(pod, at('spec', 'token'), 'true')).toBe(true);
    expect(isSecretLeaf(secret, at('data', 'enabled'), true)).toBe(true);
    const account = manifest('ServiceAccount', { automountServiceAccountToken: false });
    expect(planOf([facts({ merge: account })]).effects.map(({ path, after }) => [path, after])).toContainEqual([
      'automountServiceAccountToken',
      { kind: 'json', json: 'false' },
    ]);
  });

  test('is an annotation that repeats a secret of the same object, encoded or not', () => {
    const object = deployment({
      template: {
        metadata: { annotations: { copy: 'x:hunter2!' } },
        spec: { containers: [{ name: 'web', env: [{ name: 'DB_PASSWORD', value: 'hunter2!' }] }] },
      },
    });
    const isSecret = secretCheck(identityOf(object), () => [leavesOf(object, deploymentSchema)]);
    const annotation = at('spec', 'template', 'metadata', 'annotations', 'copy');
    expect(isSecret(annotation, 'x:hunter2!')).toBe(true);
    expect(isSecret(annotation, `{"v":"${btoa('hunter2!')}"}`)).toBe(true);
    expect(isSecret(annotation, 'prefixhunter2!suffix')).toBe(true);
    expect(isSecret(annotation, 'prefixhunter2suffix')).toBe(false);
    expect(isSecret(annotation, 'hunter3')).toBe(false);
    expect(isSecret(at('spec', 'replicas'), 'hunter2!')).toBe(false);
  });

  test('is an annotation that repeats a secret as it looks inside of JSON', () => {
    const object = configMap({ token: 'say "friend"\nand enter' });
    const isSecret = secretCheck(identityOf(object), () => [leavesOf(object, undefined)]);
    expect(isSecret(at('metadata', 'annotations', 'note'), JSON.stringify({ was: object['data'] }))).toBe(true);
  });

  test('costs what its length is, however many secrets and annotations the object has', () => {
    const entries = (count: number, value: (index: number) => string) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, value(index)]));
    const objects = [
      manifest(
        'Secret',
        { data: { one: btoa('0123456789abcdef'.repeat(48_000)) } },
        { annotations: entries(1000, (i) => `note ${i} ${'x'.repeat(200)}`) },
      ),
      manifest(
        'Secret',
        { data: entries(40_000, (i) => btoa(`${i}`)) },
        { annotations: entries(1000, (i) => `${'1 '.repeat(100)}${i}`) },
      ),
      manifest(
        'Secret',
        { data: entries(20_000, (i) => btoa(`${'a'.repeat(30)}${i}`)) },
        { annotations: entries(1000, () => 'a'.repeat(250)) },
      ),
    ];
    for (const object of objects) {
      const before = process.cpuUsage();
      const isSecret = secretCheck(identityOf(object), () => [leavesOf(object, undefined)]);
      for (const leaf of leavesOf(object, undefined).byPath.values()) isSecret(leaf.segments, leaf.value);
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(5000);
    }
  });

  test("is an annotation that repeats a Secret's value decoded", () => {
    const object = manifest('Secret', { data: { value: btoa('hunter2!') } });
    const isSecret = secretCheck(identityOf(object), () => [leavesOf(object, undefined)]);
    expect(isSecret(at('metadata', 'annotations', 'note'), 'it is hunter2!')).toBe(true);
  });

  test('that is short blackens only annotations where it stands alone', () => {
    const object = configMap({ token: 'on' });
    const isSecret = secretCheck(identityOf(object), () => [leavesOf(object, undefined)]);
    expect(isSecret(at('metadata', 'annotations', 'note'), 'a long description')).toBe(false);
    expect(isSecret(at('metadata', 'annotations', 'note'), 'it is "on"')).toBe(true);
  });
});
