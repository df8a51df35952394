import { describe, expect, test } from 'vitest';
import { type Visit, visitorRefusal } from '../../../src/entrypoints/dashboard/local-visitor.ts';

function visit({
  from = '127.0.0.1',
  headers = {},
  httpVersion = '1.1',
}: {
  from?: string | undefined;
  headers?: Visit['headers'];
  httpVersion?: string;
}): Visit {
  return { socket: { remoteAddress: from }, headers: { host: 'localhost:3000', ...headers }, httpVersion };
}

describe('who may see plans without sign-in', () => {
  test.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1'])('a visitor from %s', (from) => {
    expect(visitorRefusal(visit({ from }))).toBeUndefined();
  });

  test.each([
    '10.0.0.7',
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '::2',
    'fe80::1',
    '2001:db8::1',
    '::ffff:10.0.0.7',
    '',
    'localhost',
  ])('no visitor from %j', (from) => {
    expect(visitorRefusal(visit({ from }))).toMatch(/only on the machine.*tunnel/);
  });

  test('no visitor whose address is unknown', () => {
    expect(visitorRefusal({ ...visit({}), socket: { remoteAddress: undefined } })).toMatch(/only on the machine/);
  });

  test.each(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'via', 'x-real-ip'])(
    'nobody whose request has %s, for a proxy passed it on',
    (name) => {
      expect(visitorRefusal(visit({ headers: { [name]: '127.0.0.1' } }))).toMatch(/through a proxy.*tunnel/);
      expect(visitorRefusal(visit({ headers: { [name]: '' } }))).toMatch(/through a proxy/);
    },
  );

  test('nobody who speaks HTTP/1.0, as a proxy without headers of its own does', () => {
    expect(visitorRefusal(visit({ httpVersion: '1.0' }))).toMatch(/through a proxy/);
  });

  test.each([
    'localhost',
    'LOCALHOST:3000',
    '127.0.0.1:3000',
    '127.1.2.3',
    '[::1]',
    '[::1]:3000',
    '[::ffff:127.0.0.1]:3000',
  ])('a visitor who asks for %s', (host) => {
    expect(visitorRefusal(visit({ headers: { host } }))).toBeUndefined();
  });

  test.each([
    'planwright.example.com',
    'localhost.example.com',
    'localhost:3000@example.com',
    '127.0.0.1.example.com',
    '0.0.0.0',
    '10.0.0.1:3000',
    '::1',
    '[10.0.0.1]',
    '',
    ':3000',
    'localhost:',
    '[localhost]',
  ])('nobody who asks for %j, which may be a name that another site made point here', (host) => {
    expect(visitorRefusal(visit({ headers: { host } }))).toMatch(/under a name of this machine/);
  });
});
