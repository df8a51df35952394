import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, infra, type Setting } from './github/setting.ts';
import { openApiValidator } from './openapi-validator.ts';

let setting: Setting;

beforeEach(async () => {
  setting = await acme();
});

afterEach(async () => {
  await setting.github.close();
});

test('a body that the description does not allow is refused and recorded', async () => {
  await expect(
    setting.app.request('POST /repos/{owner}/{repo}/check-runs', {
      ...infra,
      name: 7 as unknown as string,
      head_sha: 'x',
    }),
  ).rejects.toMatchObject({ status: 422 });
  expect(setting.github.violations).toMatchObject([
    { subject: 'request', where: 'POST /repos/{owner}/{repo}/check-runs' },
  ]);
});

test('a query parameter of the wrong value or name is refused', async () => {
  await expect(
    setting.app.request('GET /repos/{owner}/{repo}/pulls', { ...infra, state: 'ajar' as 'open' }),
  ).rejects.toMatchObject({ status: 422 });
  await expect(setting.app.request('GET /repos/{owner}/{repo}/pulls?lables=x', infra)).rejects.toMatchObject({
    status: 422,
  });
  expect(setting.github.violations).toHaveLength(2);
});

test('an endpoint that the sandbox does not have is 404 and recorded', async () => {
  await expect(setting.app.rest.repos.listTags(infra)).rejects.toMatchObject({ status: 404 });
  expect(setting.github.violations).toMatchObject([{ where: 'GET /repos/acme/infra/tags' }]);
});

test('an answer without a required field, with a wrong type or an undeclared status is a problem', () => {
  const validator = openApiValidator();
  const operation = { method: 'GET', template: '/repos/{owner}/{repo}/git/ref/{ref}' };
  const body = {
    ref: 'refs/heads/main',
    node_id: 'x',
    url: 'https://github.test/x',
    object: { type: 'commit', sha: 'a'.repeat(40), url: 'https://github.test/y' },
  };
  expect(validator.answer({ ...operation, status: 200, body })).toEqual([]);
  expect(validator.answer({ ...operation, status: 200, body: { ...body, object: undefined } })).not.toEqual([]);
  expect(validator.answer({ ...operation, status: 200, body: { ...body, node_id: null } })).not.toEqual([]);
  expect(validator.answer({ ...operation, status: 201, body })).not.toEqual([]);
});

test('null is accepted where the description says nullable, also behind a reference', () => {
  const validator = openApiValidator();
  const permission = { permission: 'none', role_name: 'none', user: null };
  const answer = { method: 'GET', template: '/repos/{owner}/{repo}/collaborators/{username}/permission', status: 200 };
  expect(validator.answer({ ...answer, body: permission })).toEqual([]);
  expect(validator.answer({ ...answer, body: { ...permission, role_name: null } })).not.toEqual([]);
});

test('a webhook that lacks what GitHub sends, or that GitHub does not have, is a problem', () => {
  const validator = openApiValidator();
  expect(validator.webhook({ event: 'installation', action: 'created', payload: { action: 'created' } })).not.toEqual(
    [],
  );
  expect(validator.webhook({ event: 'installation', action: 'invented', payload: {} })).not.toEqual([]);
});
