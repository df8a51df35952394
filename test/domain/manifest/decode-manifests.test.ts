import { describe, expect, test } from 'vitest';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { Problem } from '../../../src/domain/manifest/rendered-object.ts';

const decode = (text: string, path = 'app.yaml') => decodeManifests([{ path, text }]);
const configMap = (name: string, more = '') => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}`;
const lines = (problems: readonly Problem[]) =>
  problems.map(
    (problem) => `${problem.severity} ${problem.position?.line}:${problem.position?.column} ${problem.message}`,
  );
const names = (text: string) => decode(text).objects.map((object) => object.name);

describe('documents', () => {
  test('every *.yaml, *.yml and *.json is read, in path order, and nothing else', () => {
    const files = ['b.yml', 'a/z.yaml', 'c.json', 'README.md', 'a.yaml.tmpl'].map((path) => ({
      path,
      text: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: path } }),
    }));
    expect(decodeManifests(files).objects.map((object) => object.name)).toEqual(['a/z.yaml', 'b.yml', 'c.json']);
  });

  test('several documents, comments and empty documents: only the objects come out', () => {
    const decoded = decode(
      `# only words\n---\n${configMap('a')}---\n---\n# more\n--- # next\n${configMap('b')}\n---\nnull\n...\n`,
    );
    expect(decoded.problems).toEqual([]);
    expect(decoded.objects.map((object) => [object.name, object.position.line])).toEqual([
      ['a', 3],
      ['b', 11],
    ]);
  });

  test.each(['', '\n', '# nothing\n', '---\n', '---\n---\n# x', '\uFEFF'])(
    'a file without content (%j) is no object and no problem',
    (text) => {
      expect(decode(text)).toEqual({ objects: [], problems: [] });
    },
  );

  test('a byte order mark, CR LF and tabs between tokens do not matter', () => {
    const decoded = decode(`\uFEFF${configMap('a', 'data:\tword\n').replaceAll('\n', '\r\n')}`);
    expect(decoded.problems).toEqual([]);
    expect(decoded.objects[0]?.content.data).toBe('word');
    expect(decoded.objects[0]?.position).toEqual({ path: 'app.yaml', line: 1, column: 1 });
    expect(decoded.objects[0]?.positions.get('/metadata/name')?.line).toBe(4);
  });

  test('broken syntax is an error on its line, and the documents around it are read', () => {
    const decoded = decode(`${configMap('a')}---\nkind: [x\nb: c\n---\n${configMap('b')}`);
    expect(decoded.objects.map((object) => object.name)).toEqual(['a', 'b']);
    expect(decoded.problems).toHaveLength(1);
    expect(decoded.problems[0]).toMatchObject({
      severity: 'error',
      message: expect.stringContaining('not valid YAML'),
    });
    expect(decoded.problems[0]?.position?.line).toBeGreaterThanOrEqual(6);
    expect(decoded.problems[0]?.position?.line).toBeLessThanOrEqual(8);
  });

  test('a tab as indentation is an error on its line', () => {
    expect(decode(`${configMap('a')}data:\n\tx: z\n`).problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining('tab'), position: { line: 6 } },
    ]);
  });

  test('content behind a document separator is refused, as by kubectl', () => {
    expect(decode(`--- {a: b}\n`).problems).toMatchObject([{ severity: 'error', position: { line: 1 } }]);
  });

  test('an error in one file leaves the others alone', () => {
    const decoded = decodeManifests([
      { path: 'a.yaml', text: '{' },
      { path: 'b.yaml', text: configMap('b') },
    ]);
    expect(decoded.objects.map((object) => object.name)).toEqual(['b']);
    expect(decoded.problems).toMatchObject([{ position: { path: 'a.yaml' } }]);
  });
});

describe('what makes an object', () => {
  test.each([
    ['kind: ConfigMap\nmetadata: {name: a}', '1:1', 'without apiVersion'],
    ['apiVersion: v1\nmetadata: {name: a}', '1:1', 'without kind'],
    ['apiVersion: 1\nkind: A\nmetadata: {name: a}', '1:1', 'apiVersion is a number'],
    ['apiVersion: a/b/c\nkind: A\nmetadata: {name: a}', '1:13', 'apiVersion is not of the form'],
    ['apiVersion: v1\nkind: yes\nmetadata: {name: a}', '2:1', 'kind is a boolean'],
    ['apiVersion: v1\nkind: A', '1:1', 'no metadata'],
    ['apiVersion: v1\nkind: A\nmetadata: [a]', '3:1', 'metadata is a list'],
    ['apiVersion: v1\nkind: A\nmetadata:', '3:1', 'metadata is null'],
    ['apiVersion: v1\nkind: A\nmetadata: {}', '3:1', 'no metadata.name'],
    ['apiVersion: v1\nkind: A\nmetadata:\n  name: 007', '4:3', 'metadata.name is a number'],
    ['apiVersion: v1\nkind: A\nmetadata:\n  name: on', '4:3', 'metadata.name is a boolean'],
    ['apiVersion: v1\nkind: A\nmetadata:\n  name: ""', '4:3', 'metadata.name is empty'],
    ['apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  namespace: 1', '5:3', 'metadata.namespace is a number'],
    ['apiVersion: v1\nkind: A\nmetadata:\n  generateName: a-', '4:3', 'give it a fixed metadata.name'],
    [
      'apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  labels:\n    x: yes',
      '6:5',
      'metadata.labels["x"] is a boolean',
    ],
    [
      'apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  annotations:\n    x: 1.0\n    y: {}',
      '6:5',
      'metadata.annotations["x"] is a number',
    ],
    ['apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  labels: [a]', '5:3', 'metadata.labels is a list'],
    ['- apiVersion: v1', '1:1', 'a document is a list'],
    ['just words', '1:1', 'a document is a text'],
    ['apiVersion: v1\nkind: A\nmetadata: {name: a}\nsops:\n  version: 3', '4:1', 'SOPS'],
  ])('%j is an error at %s: %s', (text, place, message) => {
    const decoded = decode(text);
    expect(decoded.objects).toEqual([]);
    const [first] = decoded.problems.filter((problem) => problem.severity === 'error');
    expect(`${first?.position?.line}:${first?.position?.column}`).toBe(place);
    expect(first?.message).toContain(message);
  });

  test('empty labels and an empty namespace are none', () => {
    const decoded = decode(
      'apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  labels:\n  annotations:\n  namespace: ""\n',
    );
    expect(decoded.problems).toEqual([]);
    expect(decoded.objects[0]).not.toHaveProperty('namespace');
  });

  test('a field named sops that is no SOPS block is a field', () => {
    expect(decode(configMap('a', 'sops: text\n')).problems).toEqual([]);
  });

  test('the namespace is kept as written', () => {
    expect(decode('apiVersion: v1\nkind: A\nmetadata: {name: a, namespace: web}').objects[0]).toMatchObject({
      namespace: 'web',
      name: 'a',
      kind: 'A',
      apiVersion: 'v1',
    });
  });
});

describe('lists', () => {
  test('a List and a typed list are flattened, however deep, each element on its own line', () => {
    const decoded = decode(`apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleList
  items:
  - metadata: {name: b}
  - metadata: {name: c}
`);
    expect(decoded.problems).toEqual([]);
    expect(
      decoded.objects.map(({ kind, apiVersion, name, position }) => [kind, apiVersion, name, position.line]),
    ).toEqual([
      ['ConfigMap', 'v1', 'a', 4],
      ['Role', 'rbac.authorization.k8s.io/v1', 'b', 10],
      ['Role', 'rbac.authorization.k8s.io/v1', 'c', 11],
    ]);
    expect(decoded.objects[1]?.content).toMatchObject({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' });
    expect(decoded.objects[2]?.positions.get('/metadata/name')).toMatchObject({ line: 11 });
  });

  test('a bad element is an error on its line, and the others are read', () => {
    const decoded = decode(
      'apiVersion: v1\nkind: List\nitems:\n- 1\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n- kind: B\n',
    );
    expect(decoded.objects.map((object) => object.name)).toEqual(['a']);
    expect(lines(decoded.problems).map((line) => line.slice(0, 9))).toEqual(['error 4:3', 'error 8:3', 'error 8:3']);
  });

  test('an empty list holds nothing, and a kind that only ends in List is an object', () => {
    expect(decode('apiVersion: v1\nkind: List\nitems: []\n')).toEqual({ objects: [], problems: [] });
    expect(decode('apiVersion: v1\nkind: List\nitems:\n')).toEqual({ objects: [], problems: [] });
    expect(names('apiVersion: x/v1\nkind: AllowList\nmetadata: {name: a}\nspec: {}\n')).toEqual(['a']);
  });
});

describe('duplicates', () => {
  test('two versions of one group are one object: an error that names both places, and the first is kept', () => {
    const ingress = (version: string) =>
      `apiVersion: networking.k8s.io/${version}\nkind: Ingress\nmetadata: {name: a, namespace: web}\n`;
    const decoded = decodeManifests([
      { path: 'a.yaml', text: ingress('v1') },
      { path: 'b.yaml', text: `---\n${ingress('v1beta1')}` },
    ]);
    expect(decoded.objects.map((object) => object.apiVersion)).toEqual(['networking.k8s.io/v1']);
    expect(decoded.problems).toEqual([
      {
        severity: 'error',
        message: 'Ingress web/a is declared 2 times: a.yaml:1, b.yaml:2. Keep one',
        position: { path: 'b.yaml', line: 2, column: 1 },
      },
    ]);
  });

  test('another namespace, group or kind is another object', () => {
    const decoded = decode(
      'apiVersion: v1\nkind: A\nmetadata: {name: a}\n---\napiVersion: v1\nkind: A\nmetadata: {name: a, namespace: b}\n---\napiVersion: b/v1\nkind: A\nmetadata: {name: a}\n',
    );
    expect(decoded.problems).toEqual([]);
    expect(decoded.objects).toHaveLength(3);
  });

  test('a duplicate key is an error on the line of the second, which names the first', () => {
    const decoded = decode(`# one\n---\n${configMap('a', 'data:\n  x: "1"\n  z: "2"\n  x: "3"\n')}`);
    expect(lines(decoded.problems)).toEqual(['error 10:3 duplicate key "x": keep one (the first is on line 8)']);
    expect(decoded.objects).toEqual([]);
  });

  test('keys that kubectl reads as one are duplicates', () => {
    expect(lines(decode(configMap('a', 'data:\n  yes: a\n  on: b\n')).problems)[0]).toMatch(
      /^error 7:3 duplicate key "true"/,
    );
  });
});

describe('values', () => {
  test('scalars and keys are read as kubectl reads them, with a warning on the line where YAML 1.2 differs', () => {
    const decoded = decode(
      configMap('a', 'mode: 0777\non: yes\nquoted: "yes"\nday: 2001-12-14\nbig: 9007199254740993\n'),
    );
    expect(decoded.objects[0]?.content).toMatchObject({
      mode: 511,
      true: true,
      quoted: 'yes',
      day: '2001-12-14',
      big: 9007199254740993n,
    });
    expect(decoded.problems.map((problem) => [problem.severity, problem.position?.line])).toEqual([
      ['warning', 5],
      ['warning', 6],
      ['warning', 6],
    ]);
  });

  test.each([
    ['v: .inf', 5, 'cannot be written as JSON'],
    ['v: [1, .nan]', 5, 'cannot be written as JSON'],
    ['v: 99999999999999999999', 5, 'beyond 64 bits'],
    ['v: !!binary aGk=', 5, 'tag'],
    ['v: !Ref x', 5, 'tag'],
    ['v: !!int text', 5, 'does not fit'],
    ['v: !!set {a}', 5, 'tag'],
    ['v:\n  ? [a]\n  : b', 6, 'a key must be text'],
    ['v:\n  ~: b', 6, 'a key must be text'],
    ['v: *nowhere', 5, 'has no anchor'],
    ['v: &a [*a]', 5, 'contains itself'],
    ['v:\n  <<: 1', 6, 'takes a mapping'],
    ['v:\n  <<: [1]', 6, 'takes a mapping'],
    ['v:\n  __proto__: {x: z}', 6, '__proto__'],
  ])('%j is an error on line %i: %s', (text, line, message) => {
    const decoded = decode(configMap('a', `${text}\n`));
    expect(decoded.objects).toEqual([]);
    expect(decoded.problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining(message), position: { line } },
    ]);
  });

  // Measured with kubectl 1.35.2, as the table of scalars.
  test.each([
    ['v: {a: 9, <<: *b}', { a: 1, c: 2 }],
    ['v: {<<: *b, a: 9}', { a: 9, c: 2 }],
    ['v: {<<: [*b, *d]}', { a: 1, c: 2, e: 4 }],
    ['v: {<<: {a: 1}, b: 2}', { a: 1, b: 2 }],
    ['v: {"<<": {a: 1}}', { '<<': { a: 1 } }],
    ['v: *b', { a: 1, c: 2 }],
    ['v: !!str yes', 'yes'],
    ['v: ! yes', 'yes'],
    ['v: !!bool "true"', true],
    ['v: !!float 1', 1],
    ['v: {a, b}', { a: null, b: null }],
    ['v:\n-\n- 1', [null, 1]],
    ['v: |\n  a\n  b\n', 'a\nb\n'],
    ['v: >-\n  a\n  b\n', 'a b'],
    ['v: "\\ud83d\\ude00\\/"', '😀/'],
  ])('%j gives %j', (text, value) => {
    const decoded = decode(configMap('a', `b: &b {a: 1, c: 2}\nd: &d {a: 3, e: 4}\n${text}\n`));
    expect(decoded.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(decoded.objects[0]?.content.v).toEqual(value);
  });

  test('a merge that overwrites a key before it warns', () => {
    expect(decode(configMap('a', 'b: &b {a: 1}\nv:\n  a: 9\n  <<: *b\n')).problems).toMatchObject([
      { severity: 'warning', position: { line: 8 } },
    ]);
  });

  test('many warnings of one file become a few and their number', () => {
    const many = Array.from({ length: 45 }, (_, index) => `k${index}: yes\n`).join('');
    const { problems } = decode(configMap('a', many));
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)?.message).toContain('25 more warnings');
  });
});

describe('what is dropped and converted', () => {
  test('status and every creationTimestamp: null are dropped, a written creationTimestamp is not', () => {
    const { content } = decode(`apiVersion: apps/v1
kind: Deployment
metadata: {name: a, creationTimestamp: null}
spec:
  template:
    metadata: {creationTimestamp: null, labels: {a: b}}
    creationTimestamp: null
  other:
    metadata: {creationTimestamp: "2020-01-01T00:00:00Z"}
status: {replicas: 1}
`).objects[0] ?? { content: {} };
    expect(content).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'a' },
      spec: {
        template: { metadata: { labels: { a: 'b' } }, creationTimestamp: null },
        other: { metadata: { creationTimestamp: '2020-01-01T00:00:00Z' } },
      },
    });
  });

  test("a Secret's stringData becomes data and wins", () => {
    const decoded = decode(
      'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {x: b2xk, w: b2xk}\nstringData: {x: "käse", z: ""}\n',
    );
    expect(decoded.objects[0]?.content).toMatchObject({
      data: { x: Buffer.from('käse').toString('base64'), w: 'b2xk', z: '' },
    });
    expect(decoded.objects[0]?.content).not.toHaveProperty('stringData');
  });

  test('stringData of another kind stays what it is', () => {
    expect(
      decode('apiVersion: x/v1\nkind: Secret\nmetadata: {name: a}\nstringData: {x: 1}\n').objects[0]?.content
        .stringData,
    ).toEqual({ x: 1 });
  });

  test('stringData that is not text is an error on its line that does not say the value', () => {
    const decoded = decode('apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  pin: 4711\n');
    expect(lines(decoded.problems)).toEqual(['error 5:3 stringData["pin"] is a number: it must be text; quote it']);
  });

  test('an object of more than 1 MiB as JSON is an error, one just below is not', () => {
    const sized = (bytes: number) =>
      `{"apiVersion":"v1","kind":"A","metadata":{"name":"a"},"x":"${'ä'.repeat(Math.floor((bytes - 62) / 2))}"}`;
    expect(decode(sized(1_048_570), 'a.json').problems).toEqual([]);
    expect(decode(sized(1_048_600), 'a.json').problems).toMatchObject([
      { severity: 'error', message: expect.stringContaining('bytes as JSON'), position: { line: 1 } },
    ]);
  });
});

describe('positions', () => {
  test('keys and items are found by JSON pointer, with ~ and / escaped', () => {
    const decoded = decode(
      'apiVersion: v1\nkind: A\nmetadata:\n  name: a\n  annotations:\n    a/b~c: x\nspec:\n  ports:\n  - port: 1\n  - {port: 2}\n',
    );
    const at = (pointer: string) => {
      const position = decoded.objects[0]?.positions.get(pointer);
      return position && `${position.line}:${position.column}`;
    };
    expect(at('/metadata/annotations/a~1b~0c')).toBe('6:5');
    expect(at('/spec/ports')).toBe('8:3');
    expect(at('/spec/ports/0')).toBe('9:5');
    expect(at('/spec/ports/0/port')).toBe('9:5');
    expect(at('/spec/ports/1/port')).toBe('10:6');
    expect(at('/spec/nothing')).toBeUndefined();
  });

  test('keys that look like integers keep their own places, whatever stands before them, also by a merge and an alias', () => {
    const decoded = decode(
      'apiVersion: v1\nkind: A\nmetadata:\n  name: a\nx: &x\n  b: 1\n  "1": {c: 1}\nw:\n  <<: *x\n  "10": 1\n  "2": 1\nz: [*x]\n',
    );
    const lines = [...(decoded.objects[0]?.positions ?? [])].map(([pointer, { line }]) => `${pointer} ${line}`);
    expect(lines.filter((place) => /^.[wxz]/.test(place)).toSorted()).toEqual(
      ['/x 5', '/x/1 7', '/x/1/c 7', '/x/b 6', '/w 8', '/w/1 7', '/w/1/c 7', '/w/10 10', '/w/2 11', '/w/b 6', '/z 12']
        .concat(['/z/0 12', '/z/0/1 7', '/z/0/1/c 7', '/z/0/b 6'])
        .toSorted(),
    );
  });
});
