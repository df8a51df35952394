import { describe, expect, it } from 'vitest';
import { jsonLines } from '../../../src/adapters/kubernetes/json-lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

describe('a stream of JSON lines', () => {
  it.each([1, 2, 3, 7, 1000])('is read whole when it comes in pieces of %i bytes', async (size) => {
    const text = '{"a":"é\u2028"}\n\n{"b":[1,\r\n2]}'.replace('\r\n', '');
    const values = [];
    for await (const value of jsonLines(chunksOf(new TextEncoder().encode(`${text}\n"last"`), size)))
      values.push(value);
    expect(values).toEqual([{ a: 'é\u2028' }, { b: [1, 2] }, 'last']);
  });

  it('rejects at a line that was cut', async () => {
    const cut = async () => {
      for await (const _value of jsonLines(chunksOf(new TextEncoder().encode('{"a":1}\n{"b"'), 100)));
    };
    await expect(cut()).rejects.toThrow(SyntaxError);
  });
});
