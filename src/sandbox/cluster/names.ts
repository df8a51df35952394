const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const name = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const value = `(${name})?`;
const key = '[-._a-zA-Z0-9]+';

const matches = (text: string, pattern: string): boolean => new RegExp(`^${pattern}$`).test(text);

interface Rule {
  readonly pattern: string;
  readonly maximum: number;
  readonly says: string;
  readonly examples: readonly string[];
}

/** A check that says what is wrong with a text, in the words of a real server; nothing when it is right. */
const check =
  ({ pattern, maximum, says, examples }: Rule) =>
  (text: string): readonly string[] => {
    const shown = examples.map((example) => `'${example}'`).join(',  or ');
    return [
      ...(text.length > maximum ? [`must be no more than ${maximum} bytes`] : []),
      ...(matches(text, pattern) ? [] : [`${says} (e.g. ${shown}, regex used for validation is '${pattern}')`]),
    ];
  };

export const dnsLabel = check({
  pattern: label,
  maximum: 63,
  says: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ['my-name', '123-abc'],
});

export const dnsSubdomain = check({
  pattern: subdomain,
  maximum: 253,
  says: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ['example.com'],
});

export const dnsLabelOf1035 = check({
  pattern: label1035,
  maximum: 63,
  says: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ['my-name', 'abc-123'],
});

const nameCharacters =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const namePart = check({
  pattern: name,
  maximum: 63,
  says: `name part ${nameCharacters}`,
  examples: ['MyName', 'my.name', '123-abc'],
});

export const labelValue = check({
  pattern: value,
  maximum: 63,
  says: `a valid label must be an empty string or ${nameCharacters.slice('must '.length)}`,
  examples: ['MyValue', 'my_value', '12345'],
});

export const configKey = check({
  pattern: key,
  maximum: 253,
  says: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  examples: ['key.name', 'KEY_NAME', 'key-name'],
});

/** The key of a label or annotation: a name, with a DNS subdomain and a slash in front or without. */
export function labelName(text: string): readonly string[] {
  const slash = text.indexOf('/');
  if (slash === -1) return namePart(text);
  return [...dnsSubdomain(text.slice(0, slash)).map((why) => `prefix part ${why}`), ...namePart(text.slice(slash + 1))];
}

/** Whether a finalizer says whose it is. */
export const qualifiedName = (text: string): boolean => text.includes('/') && labelName(text).length === 0;
