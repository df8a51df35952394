import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;
let folder: string;

beforeEach(async () => {
  setting = await acme();
  folder = await mkdtemp(join(tmpdir(), 'planwright-git-'));
});

afterEach(async () => {
  await setting.github.close();
  await rm(folder, { recursive: true, force: true });
});

async function git(args: readonly string[], token: string | null): Promise<string> {
  const header =
    token === null
      ? []
      : ['-c', `http.extraHeader=Authorization: Basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`];
  const { stdout } = await promisify(execFile)('git', [...header, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  });
  return stdout.trim();
}

const address = (repository = 'acme/infra') => `${setting.github.url}/${repository}.git`;

test.each(['0', '2'])('an installation clones with its token over protocol %s', async (protocol) => {
  await git(
    ['-c', `protocol.version=${protocol}`, 'clone', '--quiet', address(), 'copy'],
    setting.github.createInstallationToken(setting.installationId),
  );
  expect(await readFile(join(folder, 'copy/apps/web.yaml'), 'utf8')).toBe('replicas: 1\n');
});

test('a bare partial clone leaves the blobs behind and fetches a commit by its SHA', async () => {
  const token = setting.github.createInstallationToken(setting.installationId);
  const { sha, number } = await proposeTwoReplicas(setting.github);
  await git(
    ['clone', '--quiet', '--bare', '--filter=blob:none', '--branch=main', '--single-branch', address(), 'mirror'],
    token,
  );
  expect(await git(['-C', 'mirror', 'rev-list', '--objects', '--missing=print', '--all'], null)).toMatch(
    /^\?[0-9a-f]{40}$/m,
  );
  await git(['-C', 'mirror', 'fetch', '--quiet', address(), sha], token);
  await git(
    ['-C', 'mirror', 'fetch', '--quiet', address(), `refs/pull/${number}/head:refs/pull/${number}/head`],
    token,
  );
  expect(await git(['-C', 'mirror', 'rev-parse', `refs/pull/${number}/head`], null)).toBe(sha);
});

test('without a token, with an unknown one and with a suspended one nothing is read', async () => {
  const token = setting.github.createInstallationToken(setting.installationId);
  setting.github.setInstallationSuspended(setting.installationId, true);
  for (const credential of [null, 'ghs_unknown', token]) {
    await expect(git(['ls-remote', address()], credential)).rejects.toThrow();
  }
});

test('a repository outside the installation is not found; a public one needs no token', async () => {
  await setting.github.createRepository('carol/secret');
  await setting.github.createRepository('carol/open', { private: false });
  await expect(
    git(['ls-remote', address('carol/secret')], setting.github.createInstallationToken(setting.installationId)),
  ).rejects.toThrow(/not found/i);
  expect(await git(['ls-remote', address('carol/open'), 'refs/heads/main'], null)).toContain('refs/heads/main');
});

test('pushes over HTTP are refused and fetches are logged', async () => {
  await git(['clone', '--quiet', address(), 'copy'], 'user:alice');
  await expect(git(['-C', 'copy', 'push', '--quiet', address(), 'HEAD:refs/heads/evil'], 'user:alice')).rejects.toThrow(
    /403/,
  );
  expect(
    setting.github.requests.some(
      ({ path, who }) => path.startsWith('/acme/infra.git/info/refs') && who === 'user:alice',
    ),
  ).toBe(true);
});

test('symbolic links, executables and deletions arrive as they were pushed', async () => {
  await setting.github.push({
    repo: 'acme/infra',
    branch: 'main',
    files: {
      link: { mode: '120000', content: '/etc/passwd' },
      'run.sh': { mode: '100755', content: '#!/bin/sh\n' },
      'README.md': null,
    },
    author: 'alice',
  });
  const listing = await git(
    ['-C', setting.github.gitDirectory('acme/infra'), 'ls-tree', '-r', 'main', '--format=%(objectmode) %(path)'],
    null,
  );
  expect(listing.split('\n')).toEqual(['100644 apps/web.yaml', '120000 link', '100755 run.sh']);
});
