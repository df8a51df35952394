const masked = '(masked)';

/** Masks what no manifest holds and still nobody should read in a log: private keys, tokens, passwords in addresses, told by their look alone. In time that grows with the text. */
export function maskCredentials(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, masked)
    .replace(/\beyJ[\w-]{8,1024}\.[\w-]{8,}(?:\.[\w-]*)?/g, masked)
    .replace(/\b(Bearer|Basic)(\s+)[\w.~+/=-]{6,}/gi, `$1$2${masked}`)
    .replace(/(:\/\/[^\s:@/]{0,256}:)[^\s@/]{1,1024}@/g, `$1${masked}@`);
}
