import { describe, expect, it } from 'vitest';
import { parseExactJson } from '../../../src/adapters/kubernetes/exact-json.ts';
import { canonicalJson } from '../../../src/domain/json.ts';

describe('parsing JSON', () => {
  it('keeps every digit of integers that a number cannot hold', () => {
    const text = '{"a":9007199254740993,"b":-18446744073709551615,"c":[9007199254740992]}';
    expect(parseExactJson(text)).toEqual({ a: 9007199254740993n, b: -18446744073709551615n, c: [9007199254740992n] });
    expect(canonicalJson(parseExactJson(text))).toBe(text);
  });

  it('leaves other numbers and strings of digits as they are', () => {
    expect(parseExactJson('{"a":9007199254740991,"b":1e30,"c":0.1234567890123456,"d":"12345678901234567890"}')).toEqual(
      {
        a: 9007199254740991,
        b: 1e30,
        c: 0.1234567890123456,
        d: '12345678901234567890',
      },
    );
  });

  it('changes no prototype', () => {
    const value = parseExactJson('{"__proto__":{"polluted":12345678901234567890}}');
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(Object(value), '__proto__')).toBe(true);
  });
});
