import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskApiMessage } from '../../../src/adapters/kubernetes/mask-api-message.ts';

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');

describe('masking what the API says', () => {
  it('hides the values of a Secret, as they are and decoded', () => {
    const secret = { kind: 'Secret', data: { key: base64('hunter2-hunter2') }, stringData: { other: 'plain words' } };
    const message = `Invalid value: "hunter2-hunter2", ${base64('hunter2-hunter2')}, plain words and ${base64('plain words')}`;
    expect(maskApiMessage(message, secret)).toBe('Invalid value: "(masked)", (masked), (masked) and (masked)');
  });

  it('hides values with quotes and line ends as the API escapes them, and single lines of them', () => {
    const value = 'first "line"\nsecond line of it\n';
    const secret = { kind: 'Secret', stringData: { key: value } };
    expect(maskApiMessage(`got ${JSON.stringify(value)}`, secret)).toBe('got "(masked)"');
    expect(maskApiMessage('got second line of it!', secret)).toBe('got (masked)!');
  });

  it('hides values named like credentials in any kind', () => {
    const object = {
      kind: 'Deployment',
      spec: {
        containers: [
          {
            name: 'web',
            env: [
              { name: 'DB_PASSWORD', value: 'correct horse' },
              { name: 'MODE', value: 'quiet' },
            ],
          },
        ],
      },
      data: { apiKey: 'k-123456', tokens: 'visible', 'github.token': 1234567890 },
    };
    expect(maskApiMessage('correct horse, quiet, k-123456, visible, 1234567890', object)).toBe(
      '(masked), quiet, (masked), visible, (masked)',
    );
  });

  it('hides the whole of a value that begins with another one', () => {
    const secret = { kind: 'Secret', stringData: { a: 'hunter2', b: 'hunter2-and-more' } };
    expect(maskApiMessage('got hunter2-and-more', secret)).toBe('got (masked)');
  });

  it('replaces a short value only where it stands alone', () => {
    const secret = { kind: 'Secret', stringData: { a: 'a', b: '80' } };
    expect(maskApiMessage('data: Invalid value: "a" at port 80, not 8080', secret)).toBe(
      'data: Invalid value: "(masked)" at port (masked), not 8080',
    );
  });

  it('hides what the object does not hold but the message names', () => {
    const message =
      'Invalid value: {"Env":[{"Name":"API_TOKEN","Value":"of-somebody-else","ValueFrom":null}],"password":"p\\"q"}';
    expect(maskApiMessage(message, undefined)).toBe(
      'Invalid value: {"Env":[{"Name":"API_TOKEN","Value":"(masked)","ValueFrom":null}],"password":"(masked)"}',
    );
  });

  it('shows everything else as it was', () => {
    const message =
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0';
    expect(maskApiMessage(message, { kind: 'Deployment', spec: { replicas: -1 } })).toBe(message);
  });

  it('leaves no value of six characters or more, whatever the value and wherever it stands', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(value.trim() !== '' && !'(masked)'.includes(value));
        const secret = { kind: 'Secret', stringData: { key: value } };
        for (const form of [value, JSON.stringify(value).slice(1, -1), base64(value)]) {
          expect(maskApiMessage(`${before}${form}${after}`, secret)).toContain('(masked)');
        }
        expect(maskApiMessage(`x ${value} y`, secret)).toBe('x (masked) y');
      }),
    );
  });
});
