import { describe, expect, it } from 'vitest';
import { formatVerdict } from '../../../src/domain/schema/string-formats.ts';

describe('the format of a text', () => {
  it.each(['1'.repeat(1_000_000), `${'1'.repeat(1_000_000)}x`, '1 '.repeat(500_000)])(
    'costs no more than its length where it is no duration (case %#)',
    (text) => {
      const before = process.cpuUsage();
      expect(formatVerdict('duration', text)).toBe('fails');
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1000).toBeLessThan(1000);
    },
  );

  it.each(['1h30m', '-1.5s', '.5s', '1.h', '22 ns', '3 days', '0', '12 s'])('is a duration: %s', (text) => {
    expect(formatVerdict('duration', text)).toBe('holds');
  });
});
