import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import { textMask } from '../../../src/domain/plan/mask-text.ts';

const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const maskText = (text: string, ...objects: readonly JsonObject[]) => textMask(objects)(text);

describe('masking a text', () => {
  it('hides the values of a Secret, as they are and decoded', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      data: { key: base64('hunter2-hunter2') },
      stringData: { other: 'plain words' },
    };
    const message = `Invalid value: "hunter2-hunter2", ${base64('hunter2-hunter2')}, plain words and ${base64('plain words')}`;
    expect(maskText(message, secret)).toBe('Invalid value: "(masked)", (masked), (masked) and (masked)');
  });

  it('hides values with quotes and line ends as the API escapes them, and single lines of them', () => {
    const value = 'first "line"\nsecond line of it\n';
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { key: value } };
    expect(maskText(`got ${JSON.stringify(value)}`, secret)).toBe('got "(masked)"');
    expect(maskText('got second line of it!', secret)).toBe('got (masked)!');
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
    expect(maskText('correct horse, quiet, k-123456, visible, 1234567890', object)).toBe(
      '(masked), quiet, (masked), visible, (masked)',
    );
  });

  it('hides the whole of a value that begins with another one', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { a: 'hunter2', b: 'hunter2-and-more' } };
    expect(maskText('got hunter2-and-more', secret)).toBe('got (masked)');
  });

  it('replaces a short value only where it stands alone', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { a: 'a', b: '80' } };
    expect(maskText('data: Invalid value: "a" at port 80, not 8080', secret)).toBe(
      'data: Invalid value: "(masked)" at port (masked), not 8080',
    );
  });

  it('hides what the object does not hold but the message names', () => {
    const message =
      'Invalid value: {"Env":[{"Name":"API_TOKEN","Value":"of-somebody-else","ValueFrom":null}],"password":"p\\"q"}';
    expect(maskText(message)).toBe(
      'Invalid value: {"Env":[{"Name":"API_TOKEN","Value":"(masked)","ValueFrom":null}],"password":"(masked)"}',
    );
  });

  it('hides values by the names beside them in Go and in lines of a log', () => {
    expect(maskText('core.EnvVar{Name:"API_TOKEN", Value:"of-somebody-else"}')).toBe(
      'core.EnvVar{Name:"API_TOKEN", Value:"(masked)"}',
    );
    expect(maskText('login failed: user=web password=hunter2, DB_PASSWORD: "x y", token="t" host=db')).toBe(
      'login failed: user=web password=(masked), DB_PASSWORD: "(masked)", token="(masked)" host=db',
    );
  });

  it('hides parts of a secret, and no words that a secret happens to hold', () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      stringData: { key: 'xK4v9Qm2TzR7wL1p', 'config.yaml': 'password: xY7-88\nnamespace: payments\n' },
    };
    expect(maskText('object {"key":"xK4v9Qm2T… in namespace payments', secret)).toBe(
      'object {"key":"(masked)… in namespace payments',
    );
    expect(maskText(`cut: ${base64('xK4v9Qm2TzR7wL1p').slice(3, 15)}`, secret)).toBe('cut: (masked)');
  });

  it('hides secrets of every object that it is told of', () => {
    const live = { apiVersion: 'v1', kind: 'Secret', data: { key: base64('the old one') } };
    const sent = { apiVersion: 'v1', kind: 'Secret', data: { key: base64('the new one') } };
    expect(maskText('was "the old one", is "the new one"', live, sent)).toBe('was "(masked)", is "(masked)"');
  });

  it('changes nothing the second time', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { password: 'xK4v9Qm2TzR7wL1p' } };
    const once = maskText('password=xK4v9Qm2TzR7wL1p, "token": "a", got xK4v9Qm2TzR7wL1p', secret);
    expect(maskText(once, secret)).toBe(once);
  });

  it('cuts a text that is too long, and leaves no beginning of a secret there', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { key: 'abcdefghijklmnopqr' } };
    const text = maskText(`${'. '.repeat(16_376)}${'abcdefghijklmnopqr'.repeat(3)}`, secret);
    expect(text.length).toBeLessThan(32_800);
    expect(text).not.toContain('abcdef');
  });

  it('costs what the lengths of the text and of the secrets are', () => {
    const before = process.cpuUsage();
    const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { key: '0123456789abcdefg'.repeat(60_000) } };
    maskText(`${'0123456789'.repeat(5000)} ${'"'.repeat(10_000)}`, secret);
    maskText('a'.repeat(50_000), { ...secret, stringData: { key: `${'a'.repeat(1_000_000)}b` } });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(5000);
  });

  it('shows everything else as it was', () => {
    const message =
      'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0';
    expect(maskText(message, { kind: 'Deployment', spec: { replicas: -1 } })).toBe(message);
  });

  it('leaves no value of six characters or more, whatever the value and wherever it stands', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6, unit: 'grapheme' }), fc.string(), fc.string(), (value, before, after) => {
        fc.pre(value.trim() !== '' && !'(masked)'.includes(value));
        const secret = { apiVersion: 'v1', kind: 'Secret', stringData: { key: value } };
        for (const form of [value, JSON.stringify(value).slice(1, -1), base64(value)]) {
          expect(maskText(`${before}${form}${after}`, secret)).toContain('(masked)');
        }
        expect(maskText(`x ${value} y`, secret)).toBe('x (masked) y');
      }),
    );
  });
});
