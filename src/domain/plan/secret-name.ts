const secretEndings = /(password|passwd|secret|token|apikey|privatekey|credentials?)$/;
/** Longer than any name that people read. */
const longestWord = 64;
/** English words that only end like one. */
const otherWordsInPass = new Set(['bypass', 'compass', 'encompass', 'overpass', 'surpass', 'trespass', 'underpass']);

/**
 * True when a value of this name is masked: it ends in the word pass, password, passwd, secret, token, api key, private key or credential(s), in any
 * case and any way of joining words (`DB_PASSWORD`, `dbPassword`, `dbpassword`, `db.pass-word`).
 */
export function isSecretName(whole: string): boolean {
  // Only the end counts, and names can be as long as a file.
  const name = whole.slice(-longestWord);
  const camelCase = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return endsInSecretWord(name) || endsInSecretWord(camelCase);
}

function endsInSecretWord(text: string): boolean {
  const words = text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const last = words.at(-1);
  if (last === undefined) return false;
  return secretEndings.test(words.join('')) || (last.endsWith('pass') && !otherWordsInPass.has(last));
}
