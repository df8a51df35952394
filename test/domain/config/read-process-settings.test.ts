import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readProcessSettings } from '../../../src/domain/config/read-process-settings.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const required = { APP_ID: '7', PRIVATE_KEY: pkcs1, WEBHOOK_SECRET: 'a canary of 32 hex digits' };

function settings(environment: Readonly<Record<string, string | undefined>>) {
  const read = readProcessSettings(environment);
  if (read.kind === 'invalid') throw new Error(read.problems.join('\n'));
  return read.settings;
}

function problems(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const read = readProcessSettings(environment);
  return read.kind === 'invalid' ? read.problems : [];
}

describe('the environment of a server', () => {
  test('needs an App, its key and a webhook secret, and gives defaults for the rest', () => {
    expect(settings(required)).toEqual({
      appId: 7,
      privateKey: { kind: 'text', text: pkcs1 },
      webhookSecret: 'a canary of 32 hex digits',
      gitHub: { host: 'github.com', protocol: 'https' },
      listen: { host: '127.0.0.1', port: 3000, webhookPath: '/api/github/webhooks' },
      logLevel: 'info',
      dataDirectory: '.planwright',
    });
  });

  test('may say everything', () => {
    expect(
      settings({
        ...required,
        PRIVATE_KEY: undefined,
        PRIVATE_KEY_PATH: '/run/secrets/app.pem',
        GHE_HOST: '127.0.0.1:8443',
        GHE_PROTOCOL: 'http',
        HOST: '::',
        PORT: '0',
        LOG_LEVEL: 'debug',
        WEBHOOK_PATH: '/hooks',
        DATABASE_URL: 'postgresql://planwright:hunter2@db/planwright',
        PLANWRIGHT_DATA: '/var/lib/planwright',
        PLANWRIGHT_CONFIG: '/etc/planwright.yml',
        KUBECONFIG: 'a:b',
      }),
    ).toEqual({
      appId: 7,
      privateKey: { kind: 'path', path: '/run/secrets/app.pem' },
      webhookSecret: 'a canary of 32 hex digits',
      gitHub: { host: '127.0.0.1:8443', protocol: 'http' },
      listen: { host: '::', port: 0, webhookPath: '/hooks' },
      logLevel: 'debug',
      databaseUrl: 'postgresql://planwright:hunter2@db/planwright',
      dataDirectory: '/var/lib/planwright',
      configPath: '/etc/planwright.yml',
      kubeconfig: 'a:b',
    });
  });

  test('counts an empty variable as unset', () => {
    const empty = {
      GHE_HOST: '',
      GHE_PROTOCOL: '',
      HOST: '',
      PORT: '',
      LOG_LEVEL: '',
      WEBHOOK_PATH: '',
      DATABASE_URL: '',
      PLANWRIGHT_DATA: '',
      PLANWRIGHT_CONFIG: '',
      KUBECONFIG: '',
    };
    expect(settings({ ...required, ...empty })).toEqual(settings(required));
  });

  test.each([
    ['line breaks written as \\n', pkcs1.replaceAll('\n', '\\n')],
    ['base64', Buffer.from(pkcs1).toString('base64')],
    [
      'base64 that base64(1) broke into lines',
      `${Buffer.from(pkcs8).toString('base64').replaceAll(/.{76}/g, '$&\n')}\n`,
    ],
    ['spaces for line breaks', pkcs1.trim().replaceAll('\n', ' ')],
    ['PKCS#8', pkcs8],
    ['Windows line breaks', pkcs8.replaceAll('\n', '\r\n')],
  ])('takes the key with %s', (_, written) => {
    const key = settings({ ...required, PRIVATE_KEY: written }).privateKey;
    if (key.kind !== 'text') throw new Error('no text');
    expect(createPrivateKey(key.text).equals(privateKey)).toBe(true);
  });

  test('names all problems at once, each with what to write', () => {
    const found = problems({ PORT: 'http' });
    expect(found).toEqual([
      expect.stringMatching(/^APP_ID is not set: write /),
      expect.stringMatching(/^PRIVATE_KEY and PRIVATE_KEY_PATH are not set: write /),
      expect.stringMatching(/^WEBHOOK_SECRET is not set: write /),
      expect.stringMatching(/^PORT is "http": write /),
    ]);
  });

  test.each([
    ['APP_ID', 'Iv1.abc'],
    ['APP_ID', '0'],
    ['PRIVATE_KEY', 'hunter2'],
    ['PRIVATE_KEY', '-----BEGIN RSA PRIVATE KEY-----\nMII…\n-----END RSA PRIVATE KEY-----'],
    ['PRIVATE_KEY', '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'],
    ['WEBHOOK_SECRET', ''],
    ['WEBHOOK_SECRET', 'development'],
    ['WEBHOOK_SECRET', '  '],
    ['WEBHOOK_SECRET', 'hunter2\n'],
    ['GHE_HOST', 'https://ghe.example.com'],
    ['GHE_PROTOCOL', 'ftp'],
    ['HOST', 'http://0.0.0.0'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['LOG_LEVEL', 'verbose'],
    ['WEBHOOK_PATH', 'hooks'],
    ['WEBHOOK_PATH', '/hooks?x'],
    ['WEBHOOK_PATH', '/a/../b'],
    ['WEBHOOK_PATH', '/plans/hooks'],
    ['WEBHOOK_PATH', '/healthz'],
    ['DATABASE_URL', 'mysql://user:hunter2@db/x'],
  ])('refuses %s=%j', (name, value) => {
    const found = problems({ ...required, [name]: value });
    expect(found).toEqual([
      expect.stringMatching(new RegExp(`^${name} .*write|^${name} .*known here|^${name} .*did you mean`)),
    ]);
  });

  test('never quotes a secret', () => {
    const found = problems({
      APP_ID: 'x',
      PRIVATE_KEY: 'canary-key',
      WEBHOOK_SECRET: 'canary-secret\n',
      DATABASE_URL: 'mysql://u:canary-database@h/d',
    });
    expect(found).toHaveLength(4);
    expect(found.join('\n')).not.toContain('canary');
  });
});
