import { describe, expect, test } from 'vitest';
import {
  clusterUid,
  commitSha,
  deliveryGuid,
  installationId,
  parseTargetName,
  planDigest,
  pullNumber,
  repositoryId,
  targetName,
  targetParts,
  treeSha,
} from '../../../src/domain/identity.ts';

const hex = (digits: number): string => 'a1'.repeat(digits / 2);

describe('a name of something outside', () => {
  test.each([commitSha, treeSha])('%o takes 40 or 64 lower-case hex digits and nothing else', (read) => {
    expect([read(hex(40)), read(hex(64))]).toEqual([hex(40), hex(64)]);
    for (const bad of ['', hex(38), hex(42), hex(40).toUpperCase(), `${hex(40)}\n`, `-${hex(40)}`, 'HEAD'])
      expect(() => read(bad)).toThrow(TypeError);
  });

  test('is a digest with 64 lower-case hex digits only', () => {
    expect(planDigest(hex(64))).toBe(hex(64));
    for (const bad of ['', hex(40), hex(64).toUpperCase(), `${hex(64)}\n`])
      expect(() => planDigest(bad)).toThrow(/not a plan digest/);
  });

  test.each([repositoryId, installationId, pullNumber])('%o takes positive integers only', (read) => {
    expect(read(1)).toBe(1);
    for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 53]) expect(() => read(bad)).toThrow(TypeError);
  });

  test('is never an empty cluster or a delivery that is no token', () => {
    expect(() => clusterUid('')).toThrow(TypeError);
    expect(() => deliveryGuid('a/b')).toThrow(TypeError);
    expect(deliveryGuid('72d3162e-cc78-11e3-81ab-4c9367dc0958')).toContain('-');
  });

  test('is a target of a stack and an environment', () => {
    expect(targetName('web', 'production')).toBe('web@production');
    expect(targetParts(parseTargetName('a@b@production'))).toEqual({ stack: 'a@b', environment: 'production' });
    for (const bad of ['', 'web', '@production', 'web@']) expect(() => parseTargetName(bad)).toThrow(/not a target/);
  });
});
