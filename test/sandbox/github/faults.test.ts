import { afterEach, beforeEach, expect, test } from 'vitest';
import { acme, infra, proposeTwoReplicas, type Setting } from './setting.ts';

let setting: Setting;
let number: number;

beforeEach(async () => {
  setting = await acme();
  ({ number } = await proposeTwoReplicas(setting.github));
});

afterEach(async () => {
  await setting.github.close();
});

const write = () => setting.app.rest.issues.createComment({ ...infra, issue_number: number, body: 'Plan' });
const written = () => setting.github.comments('acme/infra', number).length;

test('a planned fault answers instead of the work, as often as planned', async () => {
  setting.github.failNext({
    method: 'POST',
    path: /\/comments$/,
    status: 429,
    headers: { 'retry-after': '1' },
    times: 2,
  });
  await expect(write()).rejects.toMatchObject({ status: 429, response: { headers: { 'retry-after': '1' } } });
  await expect(write()).rejects.toMatchObject({ status: 429 });
  expect(written()).toBe(0);
  await write();
  expect(written()).toBe(1);
});

test('a lost answer comes after the work is done', async () => {
  setting.github.failNext({ method: 'POST', path: /\/comments$/, status: 502, afterEffect: true });
  await expect(write()).rejects.toMatchObject({ status: 502 });
  expect(written()).toBe(1);
});

test('status 0 cuts the connection', async () => {
  setting.github.failNext({ method: 'POST', path: /\/comments$/, status: 0, afterEffect: true });
  await expect(
    fetch(`${setting.github.url}/api/v3/repos/acme/infra/issues/${number}/comments`, {
      method: 'POST',
      headers: { authorization: 'token user:bob' },
      body: '{"body":"Plan"}',
    }),
  ).rejects.toThrow();
  expect(written()).toBe(1);
  expect(setting.github.requests.at(-1)?.status).toBe(0);
});
