import { describe, expect, it } from 'vitest';
import { deliver, opened, path, runningServer, sign } from './running-server.ts';

describe('a delivery whose headers are not right', () => {
  it.each([
    ['no signature', { 'x-hub-signature-256': undefined }, 400, 'X-Hub-Signature-256'],
    ['a short signature', { 'x-hub-signature-256': 'sha256=abc' }, 400, 'X-Hub-Signature-256'],
    ['a signature of 65 digits', { 'x-hub-signature-256': `${sign(opened)}0` }, 400, 'X-Hub-Signature-256'],
    ['a signature that is not hex', { 'x-hub-signature-256': `sha256=${'g'.repeat(64)}` }, 400, 'X-Hub-Signature-256'],
    ['the old SHA-1 signature', { 'x-hub-signature-256': `sha1=${'a'.repeat(40)}` }, 400, 'X-Hub-Signature-256'],
    ['no event', { 'x-github-event': undefined }, 400, 'X-GitHub-Event'],
    ['an event that is no word', { 'x-github-event': 'pull request' }, 400, 'X-GitHub-Event'],
    ['no GUID', { 'x-github-delivery': undefined }, 400, 'X-GitHub-Delivery'],
    ['a GUID with other characters', { 'x-github-delivery': "1'; drop table" }, 400, 'X-GitHub-Delivery'],
    ['a form instead of JSON', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'application/json'],
    ['a type that only begins like JSON', { 'content-type': 'application/json-patch+json' }, 415, 'application/json'],
    ['a compressed body', { 'content-encoding': 'gzip' }, 415, 'application/json'],
  ])('is refused: %s', async (_name, headers, status, word) => {
    const { server, inbox } = await runningServer();

    const answer = await deliver(server, opened, headers);

    expect(answer).toEqual({ status, text: expect.stringContaining(word) });
    expect(inbox.calls()).toBe(0);
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD'])('is refused when it comes with %s', async (method) => {
    const { server } = await runningServer();

    const answer = await fetch(server.url + path, { method });

    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON'])('is taken as %s', async (type) => {
    const { server } = await runningServer();

    expect(await deliver(server, opened, { 'content-type': type })).toEqual({ status: 200, text: 'stored\n' });
  });
});

describe('the signature', () => {
  it('is taken in upper-case digits too', async () => {
    const { server } = await runningServer();
    const digits = sign(opened).slice('sha256='.length).toUpperCase();

    expect((await deliver(server, opened, { 'x-hub-signature-256': `sha256=${digits}` })).status).toBe(200);
  });

  it.each([
    ['another secret', sign(opened, 'another secret')],
    ["Probot's default secret", sign(opened, 'development')],
    ['another body', sign(`${opened} `)],
    ['zeros', `sha256=${'0'.repeat(64)}`],
  ])('is refused when it is that of %s, and nothing is stored', async (_name, signature) => {
    const { server, inbox } = await runningServer();

    const answer = await deliver(server, opened, { 'x-hub-signature-256': signature });

    expect(answer).toEqual({ status: 401, text: expect.stringContaining('WEBHOOK_SECRET') });
    expect(inbox.calls()).toBe(0);
  });

  it('is looked at before the body is: forged nonsense is a forgery, signed nonsense is nonsense', async () => {
    const { server } = await runningServer();

    expect((await deliver(server, '{', { 'x-hub-signature-256': sign('{}') })).status).toBe(401);
    expect((await deliver(server, '{')).status).toBe(400);
  });
});

it.each(['', 'null', '7', '"text"', '[]', '{"a":', '\u{feff}{}'])(
  'refuses the signed body %j, which is no JSON object',
  async (body) => {
    const { server, inbox } = await runningServer();

    expect(await deliver(server, body)).toEqual({ status: 400, text: 'the body is no JSON object\n' });
    expect(inbox.calls()).toBe(0);
  },
);

it('logs a refused delivery on one line, with the reason and without signature, secret or body', async () => {
  const { server, log } = await runningServer();
  const signature = sign(opened, 'another secret');

  await deliver(server, opened, { 'x-hub-signature-256': signature, 'x-github-delivery': 'guid-1' });

  expect(log.lines).toEqual([expect.stringMatching(/^delivery refused: the signature is not.*"status":401.*guid-1/)]);
  expect(log.lines.join()).not.toContain(signature.slice(7));
  expect(log.lines.join()).not.toContain('opened');
});
