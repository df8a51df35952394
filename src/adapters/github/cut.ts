/** At most `length` UTF-16 units, ending in `…` when something was left out; a character is never split. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const kept = text.slice(0, length - 1);
  const splitsPair = /[\uD800-\uDBFF]$/.test(kept);
  return `${splitsPair ? kept.slice(0, -1) : kept}…`;
}

/** As `cut`, measured in bytes of UTF-8. */
export function cutBytes(text: string, lengthBytes: number): string {
  if (Buffer.byteLength(text) <= lengthBytes) return text;
  const ellipsis = '…';
  const room = new Uint8Array(lengthBytes - Buffer.byteLength(ellipsis));
  // encodeInto writes whole characters only.
  const { read } = new TextEncoder().encodeInto(text, room);
  return `${text.slice(0, read)}${ellipsis}`;
}
