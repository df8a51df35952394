import { describe, expect, test } from 'vitest';
import { readKubectlKey, readKubectlScalar } from '../../../src/domain/manifest/kubectl-scalar.ts';
import type { ScalarValue } from '../../../src/domain/manifest/scalar-reading.ts';

// Measured with kubectl 1.35.2: `kubectl create --dry-run=client --validate=false -o json` of a ConfigMap with a field `v: SCALAR`.
const values: readonly (readonly [string, ScalarValue])[] = [
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
  ...['yEs', 'oN', 'tRUE', 'nULL', 'Infinity', 'NaN', 'inf', '.iNF', '=', '<<', '.', '..', '+'].map(
    (word) => [word, word] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ['0', 0],
  ['-0', 0],
  ['+0', 0],
  ['00', 0],
  ['0777', 511],
  ['-0777', -511],
  ['+0777', 511],
  ['08', 8],
  ['0778', 778],
  ['09.5', 9.5],
  ['0o17', 15],
  ['0O17', 15],
  ['-0o17', -15],
  ['0o18', '0o18'],
  ['0o', '0o'],
  ['0x1F', 31],
  ['0X1f', 31],
  ['-0x1F', -31],
  ['0xg', '0xg'],
  ['0x', '0x'],
  ['0b11', 3],
  ['0B11', 3],
  ['-0b11', -3],
  ['0b12', '0b12'],
  ['0b+1_0', 2],
  ['0b-10', -2],
  ['1_000', 1000],
  ['-1_000', -1000],
  ['1__0', 10],
  ['1_', 1],
  ['_1', '_1'],
  ['-_1', -1],
  ['0x_F', 15],
  ['0_7', 7],
  ['+12', 12],
  ['12:30:45', '12:30:45'],
  ['190:20:30', '190:20:30'],
  ['1:20.5', '1:20.5'],
  ['2001-12-14', '2001-12-14'],
  ['2001-12-14T21:59:43Z', '2001-12-14T21:59:43Z'],
  ['1.', 1],
  ['1.0', 1],
  ['1.50', 1.5],
  ['.5', 0.5],
  ['+.5', 0.5],
  ['-.5', -0.5],
  ['.5e3', 500],
  ['1e3', 1000],
  ['1E3', 1000],
  ['1.5e-7', 1.5e-7],
  ['1e400', '1e400'],
  ['-1e400', '-1e400'],
  ['1_0.5', 10.5],
  ['1_0e1', 100],
  ['.1_0', 0.1],
  ['0.1e1_0', 1e9],
  ['1.2.3', '1.2.3'],
  ['1e', '1e'],
  ['1e+', '1e+'],
  ['1e20', 1e20],
  ['-0.0', 0],
  ['0x1p-2', '0x1p-2'],
  ['.0x1', '.0x1'],
  ['9007199254740991', 9007199254740991],
  ['9007199254740992', 9007199254740992n],
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740993', -9007199254740993n],
  ['9223372036854775807', 9223372036854775807n],
  ['-9223372036854775808', -9223372036854775808n],
  ['0x7FFFFFFFFFFFFFFF', 9223372036854775807n],
  ['0777777777777777777777', 9223372036854775807n],
  ['9007199254740993.0', 9007199254740992],
  ['1,000', '1,000'],
  ['10.0.0.1', '10.0.0.1'],
  ['100m', '100m'],
  ['1Gi', '1Gi'],
  ['012345678', 12345678],
];

describe('an unquoted scalar', () => {
  test.each(values)('%s is what kubectl makes of it', (text, value) => {
    expect(readKubectlScalar(text)).toMatchObject({ kind: 'value', value });
  });

  test.each(['.inf', '-.inf', '+.inf', '.Inf', '.INF', '.nan', '.NaN', '.NAN'])(
    '%s is refused, as kubectl refuses it',
    (text) => {
      expect(readKubectlScalar(text).kind).toBe('refused');
    },
  );

  test.each([
    '9223372036854775808',
    '-9223372036854775809',
    '18446744073709551615',
    '0xFFFFFFFFFFFFFFFF',
    '123456789012345678901234567890',
    '0999999999999999999',
  ])('%s is refused, because kubectl would round it', (text) => {
    expect(readKubectlScalar(text)).toEqual({ kind: 'refused', reason: expect.stringContaining('64 bits') });
  });

  test('a number of a million digits is refused without being computed', () => {
    expect(readKubectlScalar('9'.repeat(1_000_000)).kind).toBe('refused');
  });

  test.each(['y', 'No', 'on', 'OFF', '0777', '1_000', '0b11', '-0o17', '1_0.5'])(
    '%s warns, because YAML 1.2 reads another value',
    (text) => {
      expect(readKubectlScalar(text)).toHaveProperty('warning');
    },
  );

  test.each([
    'true',
    'null',
    '~',
    '',
    '0',
    '0o17',
    '0x1F',
    '08',
    '1.0',
    '1e3',
    '+12',
    '12:30:45',
    '2001-12-14',
    '9007199254740993',
    '-0',
    'text',
    '=',
    '.5',
  ])('%s does not warn, because both readings agree', (text) => {
    expect(readKubectlScalar(text)).not.toHaveProperty('warning');
  });

  test("a warning does not repeat the number, which may be somebody's PIN", () => {
    const reading = readKubectlScalar('04711');
    expect(reading.kind === 'value' && reading.warning).not.toContain('4711');
  });
});

describe('an unquoted key', () => {
  test.each([
    ['y', 'true'],
    ['no', 'false'],
    ['on', 'true'],
    ['0777', '511'],
    ['1_000', '1000'],
    ['0x10', '16'],
    ['1.5', '1.5'],
    ['1.20', '1.2'],
    ['1e3', '1000'],
    ['0.1', '0.1'],
    ['123456.7e-1', undefined],
    ['100000000.0', undefined],
    ['2001-12-14', '2001-12-14'],
    ['=', '='],
    ['true', 'true'],
    ['9007199254740993', '9007199254740993'],
    ['name', 'name'],
  ])('%s becomes %s, or is refused where kubectl would round', (text, key) => {
    const reading = readKubectlKey(text);
    expect(reading.kind === 'key' ? reading.key : undefined).toBe(key);
  });

  test.each(['null', '~', '', '.inf', '18446744073709551615'])('%s is refused', (text) => {
    expect(readKubectlKey(text).kind).toBe('refused');
  });
});
