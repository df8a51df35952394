import { generateKeyPairSync } from 'node:crypto';

/** A key of the form that GitHub gives to apps; nobody is asked anything with it. */
export function newPrivateKey(): string {
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString();
}
