import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { WebhookServer } from '../../../src/entrypoints/webhooks/start-webhook-server.ts';

export interface RawConnection {
  readonly socket: Socket;
  /** All that was answered until the server closed the connection. */
  untilClosed(): Promise<string>;
  /** All that was answered until it holds this text, or until the server closed the connection. */
  until(text: string): Promise<string>;
}

/** A connection on which a test says what it likes. */
export async function rawConnection(server: WebhookServer): Promise<RawConnection> {
  const socket = connect(server.port, '127.0.0.1');
  onTestFinished(() => {
    socket.destroy();
  });
  let answered = '';
  let isClosed = false;
  socket.setEncoding('utf8').on('data', (text: string) => {
    answered += text;
  });
  // A reset shows in what was answered before it.
  socket
    .on('error', () => undefined)
    .on('close', () => {
      isClosed = true;
    });
  await once(socket, 'connect');
  const until = async (isEnough: () => boolean): Promise<string> => {
    while (!isEnough() && !isClosed)
      await Promise.race([once(socket, 'data'), once(socket, 'close')]).catch(() => undefined);
    return answered;
  };
  return {
    socket,
    untilClosed: () => until(() => false),
    until: (text) => until(() => answered.includes(text)),
  };
}
