import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CheckoutFailed } from '../../../src/flows/ports/checkout.ts';
import { type Scene, startScene, token } from './checkout-at.ts';
import { everyCommandLine, gitProcessesIn } from './git-processes.ts';
import { createOriginRepository } from './origin-repository.ts';

const basic = Buffer.from(`x-access-token:${token}`).toString('base64');

let scene: Scene;
beforeEach(async () => {
  scene = await startScene();
});
afterEach(() => scene.close());

const messageOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CheckoutFailed)) throw new Error(`expected CheckoutFailed, not ${String(error)}`);
  expect(error.message).not.toContain(token);
  expect(error.message).not.toContain(basic);
  expect(JSON.stringify(scene.logged)).not.toContain(token);
  return error.message;
};

describe('the token', () => {
  // Command lines are looked up in /proc.
  it.runIf(process.platform === 'linux')(
    'stands in no argument of any process while a fetch runs, and in no file afterwards',
    async () => {
      const origin = await createOriginRepository(scene.origin.folder);
      const tip = await origin.commit('refs/heads/main', { a: '1' });
      const commands: string[] = [];
      const environments: string[] = [];
      scene.origin.beforeAnswer(async () => {
        commands.push(...(await everyCommandLine()));
        environments.push(...(await gitProcessesIn(scene.directory)).map(({ environment }) => environment));
      });
      const checkout = scene.checkout();
      await checkout.fetchBranch(origin.repository, 'main');
      await checkout.readFiles(origin.repository, tip, ['a']);

      // Without this, the samples could have missed the fetch.
      expect(environments.some((environment) => environment.includes(basic))).toBe(true);
      expect(commands.some((command) => command.includes('fetch\0--quiet'))).toBe(true);
      expect(commands.filter((command) => command.includes(token) || command.includes(basic))).toEqual([]);

      const files = await readdir(scene.directory, { recursive: true, withFileTypes: true });
      const contents = await Promise.all(
        files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
      );
      expect(contents.length).toBeGreaterThan(5);
      expect(
        contents.filter(
          (content) => content.includes(token) || content.includes(basic) || content.includes(scene.origin.url),
        ),
      ).toEqual([]);
    },
  );

  it('is asked for once a fetch and not for reading', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    let asked = 0;
    const checkout = scene.checkout({
      token: async () => {
        asked += 1;
        return token;
      },
    });
    await checkout.fetchBranch(origin.repository, 'main');
    await checkout.listTree(origin.repository, tip);
    await checkout.treeOf(origin.repository, tip);
    expect(asked).toBe(1);
  });

  it('is masked when the other side repeats it', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/echo');
    await origin.commit('refs/heads/main', { a: '1' });
    scene.origin.answerInstead((request, response) => {
      response
        .writeHead(403, { 'content-type': 'text/plain' })
        .end(`\u001b[31mnot for ${request.headers.authorization} nor ${token}\n`);
      return true;
    });
    const message = await messageOf(scene.checkout().fetchBranch(origin.repository, 'main'));
    expect(message).toContain('fetching branch "main" of acme/echo failed: remote: ');
    expect(message).toContain('not for Basic ***');
    expect(message).toContain('Check that the App is installed on this repository');
    expect(message).not.toContain('\u001b');
  });

  it('that GitHub does not take is an error that says what to check', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/denied');
    await origin.commit('refs/heads/main', { a: '1' });
    for (const wrong of ['ghs_wrong', undefined]) {
      const message = await messageOf(
        scene.checkout({ token: async () => wrong }).fetchBranch(origin.repository, 'main'),
      );
      expect(message).toMatch(/^fetching branch "main" of acme\/denied failed: .*Check that the App is installed/);
      expect(message).not.toContain('ghs_wrong');
    }
  });

  it('does not follow a redirect to another host', async () => {
    const received: string[] = [];
    const elsewhere = createServer((request, response) => {
      received.push(request.url ?? '');
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const origin = await createOriginRepository(scene.origin.folder, 'acme/moved');
    scene.origin.answerInstead((request, response) => {
      response.writeHead(301, { location: `http://127.0.0.1:${port}${request.url}` }).end();
      return true;
    });
    const message = await messageOf(scene.checkout().fetchBranch(origin.repository, 'main'));
    expect(message).toContain('The repository was renamed or moved');
    expect(received).toEqual([]);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it.each([
    'ext::sh -c touch% canary',
    'ssh://git@example.test/acme/infra',
    'https://user:secret@example.test/acme/infra.git',
    'not a url',
  ])('is never used for the address %j', async (address) => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/odd');
    const message = await messageOf(
      scene.checkout({ originUrl: () => address }).fetchBranch(origin.repository, 'main'),
    );
    expect(message).toMatch(/^no access to acme\/odd: /);
    expect(message).not.toContain('secret');
    await origin.git(['gc', '--quiet']);
  });

  it('whose making fails is an error of that repository', async () => {
    const origin = await createOriginRepository(scene.origin.folder, 'acme/suspended');
    const checkout = scene.checkout({ token: () => Promise.reject(new Error('this installation is suspended')) });
    expect(await messageOf(checkout.fetchBranch(origin.repository, 'main'))).toBe(
      'no access to acme/suspended: this installation is suspended',
    );
  });

  it('is not needed for a file URL', async () => {
    const origin = await createOriginRepository(scene.origin.folder);
    await origin.git(['config', 'uploadpack.allowFilter', 'true']);
    await origin.git(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    const tip = await origin.commit('refs/heads/main', { a: '1' });
    const checkout = scene.checkout({ originUrl: () => `file://${origin.folder}`, token: async () => undefined });
    expect(await checkout.fetchBranch(origin.repository, 'main')).toEqual({ tip });
    expect((await checkout.readFiles(origin.repository, tip, ['a'])).get('a')?.kind).toBe('file');
  });
});
