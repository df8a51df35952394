import type { Json } from '../../domain/json.ts';
import { parseExactJson } from './exact-json.ts';

/**
 * The JSON values of a stream that holds one a line. Ends with the stream and rejects with its fault; whoever stops reading ends the
 * stream. Node's readline is no choice: it also splits at U+2028, which may stand inside a JSON string.
 */
export async function* jsonLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Json, void, undefined> {
  const decoder = new TextDecoder();
  let pending: string[] = [];
  for await (const chunk of chunks) {
    const [first = '', ...rest] = decoder.decode(chunk, { stream: true }).split('\n');
    pending.push(first);
    for (const start of rest) {
      const line = pending.join('');
      pending = [start];
      if (line.trim() !== '') yield parseExactJson(line);
    }
  }
  const last = pending.join('');
  if (last.trim() !== '') yield parseExactJson(last);
}
