import { binaryTag } from 'js-yaml';

export type PrivateKeyRead = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'invalid' };

/**
 * PRIVATE_KEY in each form that Probot takes: PEM with line breaks, with `\n` written out, on one line with spaces, or all of it in base64.
 * PKCS#1 (what GitHub hands out) and PKCS#8; the key itself is not checked.
 */
export function readPrivateKey(written: string): PrivateKeyRead {
  const plain = written.includes('-----BEGIN ') ? written : decodeBase64(written);
  const pem = /-----BEGIN ((?:RSA )?PRIVATE KEY)-----([\s\S]*)-----END \1-----/.exec(
    plain?.replaceAll('\\n', '\n') ?? '',
  );
  const [, name, body] = pem ?? [];
  const lines = (body ?? '').trim().split(/\s+/);
  if (lines.some((line) => !/^[A-Za-z0-9+/=]+$/.test(line))) return { kind: 'invalid' };
  return { kind: 'text', text: `-----BEGIN ${name}-----\n${lines.join('\n')}\n-----END ${name}-----\n` };
}

/** Undefined for anything but base64. PEM is ASCII, so each byte is a character. */
function decodeBase64(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text)) return undefined;
  const bytes: unknown = binaryTag.resolve(text, false, binaryTag.tagName);
  return bytes instanceof Uint8Array ? Array.from(bytes, (byte) => String.fromCharCode(byte)).join('') : undefined;
}
