import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { rawConnection } from './raw-connection.ts';
import { deliver, deliveryHeaders, opened, path, runningServer, sign } from './running-server.ts';

const megabyte = 1024 * 1024;

function head(headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: 'planwright', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

it('refuses 26 MB on its length alone, before a byte of it was sent, and hangs up', async () => {
  const { server, inbox, log } = await runningServer();
  const { socket, untilClosed } = await rawConnection(server);

  socket.write(head(deliveryHeaders(opened, { 'content-length': String(26 * megabyte) })));
  const answer = await untilClosed();

  expect(answer).toMatch(/^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/s);
  expect(log.lines).toEqual([expect.stringContaining('delivery refused: the body is larger than 26214400 bytes')]);
  expect(inbox.calls()).toBe(0);
});

it('does not read on while the sender of 26 MB does not stop, and still lets it see the answer', async () => {
  const { server } = await runningServer();
  const { socket, untilClosed } = await rawConnection(server);
  const piece = Buffer.alloc(64 * 1024, ' ');
  let sentBytes = 0;
  const sendOn = (error?: Error | null): void => {
    if (error || sentBytes >= 26 * megabyte) return;
    sentBytes += piece.length;
    socket.write(piece, sendOn);
  };

  socket.write(head(deliveryHeaders(opened, { 'content-length': String(26 * megabyte) })));
  socket.pause();
  sendOn();
  // A sender that only looks up when it has been writing for a while.
  await sleep(100);
  socket.resume();
  const answer = await untilClosed();

  expect(answer).toContain('HTTP/1.1 413 ');
  // What the buffers of two sockets hold, and no more.
  expect(sentBytes).toBeLessThan(10 * megabyte);
});

it('refuses 26 MB to a sender who asks before sending them', async () => {
  const { server } = await runningServer();
  const { socket, untilClosed } = await rawConnection(server);

  socket.write(
    head({ ...deliveryHeaders(opened, { 'content-length': String(26 * megabyte) }), expect: '100-continue' }),
  );

  expect(await untilClosed()).toMatch(/^HTTP\/1\.1 413 /);
});

it('lets a sender who asks go on when the headers are right', async () => {
  const { server, inbox } = await runningServer();
  const { socket, until } = await rawConnection(server);

  socket.write(
    head({ ...deliveryHeaders(opened, { 'content-length': String(opened.length) }), expect: '100-continue' }),
  );
  expect(await until('\r\n\r\n')).toMatch(/^HTTP\/1\.1 100 Continue/);
  socket.write(opened);

  expect(await until('stored')).toContain('HTTP/1.1 200 OK');
  expect(inbox.hints.size).toBe(1);
});

it('counts a body that does not say its length, and stops at the limit', async () => {
  const { server, inbox } = await runningServer({ limits: { bodyBytes: 100_000 } });
  const { socket, untilClosed } = await rawConnection(server);
  const body = 'x'.repeat(60_000);

  socket.write(head({ ...deliveryHeaders(opened), 'transfer-encoding': 'chunked' }));
  socket.write(`${body.length.toString(16)}\r\n${body}\r\n`);
  socket.write(`${body.length.toString(16)}\r\n${body}\r\n`);

  expect(await untilClosed()).toMatch(/^HTTP\/1\.1 413 .*\r\nConnection: close\r\n/s);
  expect(inbox.calls()).toBe(0);
});

it('takes a body that does not say its length', async () => {
  const { server, inbox } = await runningServer();
  const { socket, until } = await rawConnection(server);

  socket.write(head({ ...deliveryHeaders(opened), 'transfer-encoding': 'chunked' }));
  for (const half of [opened.slice(0, 20), opened.slice(20)]) {
    socket.write(`${half.length.toString(16)}\r\n${half}\r\n`);
    await sleep(5);
  }
  socket.write('0\r\n\r\n');

  expect(await until('stored')).toContain('HTTP/1.1 200 OK');
  expect(inbox.hints.size).toBe(1);
});

it('gives up on a body that does not come', async () => {
  const { server, log } = await runningServer({ limits: { bodyTimeoutMs: 50 } });
  const { socket, untilClosed } = await rawConnection(server);

  socket.write(head(deliveryHeaders(opened, { 'content-length': String(opened.length) })));
  socket.write(opened.slice(0, 10));

  expect(await untilClosed()).toMatch(/^HTTP\/1\.1 408 /);
  expect(log.lines).toEqual([expect.stringContaining('delivery refused: the body did not arrive in 50 ms')]);
});

it('refuses more than it will hold of all bodies together, and takes deliveries again afterwards', async () => {
  const { server } = await runningServer({ limits: { heldBytes: 50_000 } });
  const slow = await rawConnection(server);
  slow.socket.write(head(deliveryHeaders(opened, { 'content-length': '45000' })));
  slow.socket.write('x'.repeat(40_000));
  const large = JSON.stringify({ text: 'x'.repeat(20_000) });
  const statuses: number[] = [];
  while (!statuses.includes(503)) statuses.push((await deliver(server, large)).status);

  slow.socket.destroy();
  while (statuses.at(-1) !== 200) statuses.push((await deliver(server, large)).status);

  expect(new Set(statuses)).toEqual(new Set([200, 503]));
});

it('lives through senders that hang up half way', async () => {
  const { server, inbox } = await runningServer();

  for (let round = 0; round < 20; round += 1) {
    const { socket } = await rawConnection(server);
    socket.write(head(deliveryHeaders(opened, { 'content-length': String(opened.length) })));
    socket.write(opened.slice(0, 10));
    await sleep(1);
    socket.resetAndDestroy();
  }

  expect((await deliver(server, opened)).status).toBe(200);
  expect(inbox.hints.size).toBe(1);
});

it.each([
  ['no HTTP at all', '\u0000\u0001\u0002\r\n\r\n', 400],
  ['a header without a colon', `POST ${path} HTTP/1.1\r\nhost: x\r\nnonsense\r\n\r\n`, 400],
  ['a length that is no number', head({ ...deliveryHeaders(opened), 'content-length': '12x' }), 400],
  ['a negative length', head({ ...deliveryHeaders(opened), 'content-length': '-1' }), 400],
  ['two lengths', head({ ...deliveryHeaders(opened), 'content-length': '5\r\ncontent-length: 6' }), 400],
  [
    'a length and chunks',
    head({ ...deliveryHeaders(opened), 'content-length': '5', 'transfer-encoding': 'chunked' }),
    400,
  ],
  [
    'two signatures',
    head({ ...deliveryHeaders(opened), 'content-length': '0', 'X-Hub-Signature-256': sign(opened) }),
    400,
  ],
  ['20 KB of headers', head({ ...deliveryHeaders(opened), 'x-long': 'x'.repeat(20_000) }), 431],
  ['a chunk that is none', `${head({ ...deliveryHeaders(opened), 'transfer-encoding': 'chunked' })}zz\r\n`, 400],
])('lives through %s', async (_name, text, status) => {
  const { server, inbox } = await runningServer();
  const { socket, untilClosed } = await rawConnection(server);

  socket.write(text);

  expect(await untilClosed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(inbox.calls()).toBe(0);
  expect((await deliver(server, opened)).status).toBe(200);
});

it.each([
  ['two slashes', '//'],
  ['half an escape', '/%'],
  ['a null after the path', `${path}%00`],
  ['a star', '*'],
  ['another host', 'http://elsewhere/api'],
  ['5,000 characters', `/${'x'.repeat(5_000)}`],
])('answers 404 for an address of %s', async (_name, address) => {
  const { server } = await runningServer();
  const { socket, until } = await rawConnection(server);

  socket.write(`GET ${address} HTTP/1.1\r\nhost: x\r\n\r\n`);

  expect(await until('not found')).toMatch(/^HTTP\/1\.1 404 /);
});

it('keeps the connection for the next delivery after a forged one', async () => {
  const { server, inbox } = await runningServer();
  const { socket, until } = await rawConnection(server);
  const length = { 'content-length': String(opened.length) };

  socket.write(head(deliveryHeaders(opened, { ...length, 'x-hub-signature-256': sign(opened, 'another') })) + opened);
  await until('401 Unauthorized');
  socket.write(head(deliveryHeaders(opened, length)) + opened);

  expect(await until('stored')).toContain('HTTP/1.1 200 OK');
  expect(inbox.hints.size).toBe(1);
});
