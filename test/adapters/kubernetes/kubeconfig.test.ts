import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findInCluster } from '../../../src/adapters/kubernetes/in-cluster.ts';
import { KubeconfigError, readKubeconfig } from '../../../src/adapters/kubernetes/kubeconfig.ts';
import { loadClusters } from '../../../src/adapters/kubernetes/load-clusters.ts';

const log = { debug: () => undefined, warn: () => undefined };

describe('kubeconfig files', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'planwright-kubeconfig-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = async (name: string, content: string | object): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };
  const config = (name: string, server = `https://${name}.example.com`) => ({
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: { token: `token-of-${name}` } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });

  it('give one cluster a context; of two entries with one name the first counts', async () => {
    const first = await write('first', config('staging'));
    const second = await write('second', {
      ...config('staging', 'https://other.example.com'),
      contexts: [
        { name: 'staging', context: { cluster: 'staging', user: 'staging' } },
        { name: 'as-other', context: { cluster: 'staging' } },
      ],
    });
    const { contexts, currentContext } = readKubeconfig([first, second]);
    expect([...contexts.keys()]).toEqual(['staging', 'as-other']);
    expect(contexts.get('as-other')?.cluster.server).toBe('https://staging.example.com');
    expect(currentContext).toBe('staging');
    expect(loadClusters({ kubeconfig: `${first}:${second}`, log }).names).toEqual(['staging', 'as-other']);
  });

  it('have paths that are relative to the file', async () => {
    const file = await write('paths', {
      clusters: [{ name: 'c', cluster: { server: 'https://c.example.com', 'certificate-authority': 'ca.pem' } }],
      users: [
        { name: 'cert', user: { 'client-certificate': 'tls/cert.pem', 'client-key': '/etc/key.pem' } },
        { name: 'exec', user: { exec: { apiVersion: 'v1', command: './login' } } },
        { name: 'path', user: { exec: { apiVersion: 'v1', command: 'aws' } } },
        { name: 'file', user: { 'token-file': 'token', token: 'old' } },
      ],
      contexts: ['cert', 'exec', 'path', 'file'].map((user) => ({ name: user, context: { cluster: 'c', user } })),
    });
    const { contexts } = readKubeconfig([file]);
    expect(contexts.get('cert')).toMatchObject({
      cluster: { caFile: join(folder, 'ca.pem') },
      user: { certFile: join(folder, 'tls/cert.pem'), keyFile: '/etc/key.pem' },
    });
    expect(contexts.get('exec')?.user.exec.command).toBe(join(folder, 'login'));
    expect(contexts.get('path')?.user.exec.command).toBe('aws');
    expect(contexts.get('file')?.user).toMatchObject({
      authProvider: { config: { tokenFile: join(folder, 'token') } },
    });
    expect(contexts.get('file')?.user.token).toBeUndefined();
  });

  it.each([
    ['is not YAML', 'users:\n- name: a\n  user: {token: "s3cret-token\n', /is not YAML in line \d+: /],
    ['is no mapping', '[]', /holds no mapping/],
    ['has users that are no list', '{"users": {"token": "s3cret-token"}}', /"users" is not a list of mappings/],
    [
      'has a cluster without server',
      '{"clusters": [{"name": "a", "cluster": {"x": 1}}]}',
      /clusters\[0\]\.cluster\.server is missing/,
    ],
    ['has a server that is no URL', JSON.stringify(config('a', 'nonsense')), /the server of cluster "a" is not a URL/],
    [
      'names an unknown cluster',
      JSON.stringify({ ...config('a'), clusters: [] }),
      /context "a" names cluster "a", which does not exist/,
    ],
    [
      'names an unknown user',
      JSON.stringify({ ...config('a'), users: [] }),
      /context "a" names user "a", which does not exist/,
    ],
    [
      'wants a proxy',
      JSON.stringify({
        ...config('a'),
        clusters: [{ name: 'a', cluster: { server: 'https://a', 'proxy-url': 'http://p' } }],
      }),
      /proxy-url, which is not supported/,
    ],
  ])('are refused by name when one %s, and none of it is quoted', async (_what, content, problem) => {
    const file = await write('broken', content);
    const failure = failureOf(() => readKubeconfig([file]));
    expect(failure).toBeInstanceOf(KubeconfigError);
    expect(failure).toMatchObject({ file, message: expect.stringMatching(problem) });
    expect(failure.message).toContain(file);
    expect(`${failure.message}${failure.stack}${String(failure.cause)}`).not.toContain('s3cret-token');
  });

  it('are refused when one does not exist', () => {
    expect(() => loadClusters({ kubeconfig: join(folder, 'nothing'), log })).toThrow(
      /nothing: cannot be read \(ENOENT\)/,
    );
  });

  it('are not needed', () => {
    expect(loadClusters({ log }).names).toEqual([]);
    expect(loadClusters({ kubeconfig: '', log }).find('staging')).toBeUndefined();
  });

  describe('and the server file', () => {
    it('add clusters under names of their own, by context or the current one', async () => {
      const file = await write('own', config('inner'));
      const clusters = loadClusters({
        log,
        clusters: new Map([
          ['production', { kubeconfig: file }],
          ['again', { kubeconfig: file, context: 'inner' }],
        ]),
      });
      expect(clusters.names).toEqual(['production', 'again']);
      expect(clusters.find('production')?.name).toBe('production');
    });

    it('are refused at once when they fit nothing', async () => {
      const kubeconfig = await write('own', config('inner'));
      expect(() =>
        loadClusters({ log, clusters: new Map([['production', { kubeconfig, context: 'other' }]]) }),
      ).toThrow(/own: has no context "other"/);
      expect(() => loadClusters({ log, clusters: new Map([['production', {}]]) })).toThrow(
        /cluster "production": .* no context "production"/,
      );
      const noCurrent = await write('none', { ...config('inner'), 'current-context': '' });
      expect(loadClusters({ log, clusters: new Map([['production', { kubeconfig: noCurrent }]]) }).names).toEqual([
        'production',
      ]);
    });
  });

  describe('and a pod', () => {
    it('give the cluster that the pod runs in', async () => {
      await write('token', 'abc');
      const environment = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
      const inCluster = findInCluster(environment, folder);
      expect(inCluster).toMatchObject({
        cluster: { server: 'https://[fd00::1]:443', caFile: join(folder, 'ca.crt'), skipTLSVerify: false },
      });
      expect(loadClusters({ log, ...(inCluster && { inCluster }) }).names).toEqual(['in-cluster']);
      expect(findInCluster({}, folder)).toBeUndefined();
      expect(findInCluster(environment, join(folder, 'nothing'))).toBeUndefined();
    });
  });
});

function failureOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('it did not fail');
}
