import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function directory(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'planwright-validate-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

function validate(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'validate', ...words], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH },
  });
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}

const service = (more = '') =>
  `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec:\n  ports: [{ port: 80 }]\n${more}`;
const definition = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: things.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { plural: things, kind: Thing }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            size: { type: integer, x-kubernetes-validations: [{ rule: self > 0, message: must be positive }] }
            url: { type: string, x-kubernetes-validations: [{ rule: url(self).getHost() != '' }] }
`;
const thing = (size: string) =>
  `apiVersion: example.com/v1\nkind: Thing\nmetadata: { name: one, namespace: shop }\nsize: ${size}\nurl: https://a\n`;

describe('planwright validate', () => {
  it('ends with 0 when all is fine, in git or not', () => {
    const { status, lines } = validate(directory({ 'apps/web/service.yaml': service() }));
    expect(lines).toEqual([
      '1 object in 1 stack: 0 errors, 0 warnings; 1 checked against Kubernetes 1.35 and the definitions in the files',
    ]);
    expect(status).toBe(0);
  });

  it('ends with 1 for a file that the API server would refuse, and names the place', () => {
    const { status, lines } = validate(directory({ 'web/service.yaml': service('  sessionAffinity: 1\n') }));
    expect(lines[0]).toBe('web/service.yaml:6:3: Service shop/web: spec.sessionAffinity must be a string');
    expect(status).toBe(1);
  });

  it('checks custom resources against definitions anywhere in the tree, and says what it could not check', () => {
    const { status, lines } = validate(directory({ 'crds/things.yaml': definition, 'apps/one.yaml': thing('0') }));
    expect(lines[0]).toBe('apps/one.yaml:4:1: Thing shop/one: size: must be positive');
    expect(lines[1]).toContain(
      `apps/one.yaml:1:1: note: Thing shop/one is not checked in full: the rule "url(self).getHost() != ''" of url`,
    );
    expect(status).toBe(1);
    expect(validate(directory({ 'crds/things.yaml': definition, 'apps/one.yaml': thing('1') })).status).toBe(0);
  });

  it('checks the configuration, and by it where objects may go', () => {
    const configuration = (more: string) =>
      `version: 1\nenvironments: { production: { cluster: any } }\nstacks:\n  - path: apps/web\n${more}`;
    const files = { 'apps/web/service.yaml': service() };
    expect(validate(directory({ ...files, '.github/planwright.yml': configuration('') }))).toMatchObject({ status: 0 });
    const elsewhere = validate(
      directory({ ...files, '.github/planwright.yml': configuration('    namespaces: [other]\n') }),
    );
    expect(elsewhere.lines[0]).toContain('apps/web/service.yaml:1:1: Service shop/web is in namespace shop');
    expect(elsewhere.status).toBe(1);
    const broken = validate(directory({ ...files, '.github/planwright.yml': configuration('    namespacs: [a]\n') }));
    expect(broken.lines[0]).toMatch(/^\.github\/planwright\.yml:5:5: /);
    expect(broken.status).toBe(1);
  });

  it('prints JSON, for the version asked for', () => {
    const { status, lines } = validate('--json', '--kubernetes-version', '1.33', directory({ 'a.yaml': service() }));
    expect(JSON.parse(lines.join('\n'))).toEqual({
      valid: true,
      source: 'Kubernetes 1.33',
      targets: 1,
      objects: 1,
      checked: 1,
      problems: [],
      notes: [],
    });
    expect(status).toBe(0);
  });

  it.each([
    ['a directory that is not there', ['/nowhere/at/all'], 'no such file'],
    ['a version that nobody knows', ['--kubernetes-version', '1.2', '.'], 'there are 1.35, 1.34, 1.33, 1.32'],
    ['a cluster without KUBECONFIG', ['--cluster', 'production', '.'], '--cluster needs KUBECONFIG'],
  ])('ends with 2 when it could not run: %s', (_what, words, message) => {
    const { status, stderr } = validate(...words);
    expect(stderr).toContain(message);
    expect(status).toBe(2);
  });

  it('follows no symbolic link', () => {
    const folder = directory({ 'web/service.yaml': service() });
    writeFileSync(join(folder, 'outside.txt'), 'apiVersion: v1\nkind: Canary\nmetadata: { name: canary }\n');
    symlinkSync('../outside.txt', join(folder, 'web/link.yaml'));
    symlinkSync('/', join(folder, 'web/root'));
    const { status, lines } = validate(folder);
    expect(lines[0]).toContain('web/link.yaml:1:1: web/link.yaml is a symbolic link');
    expect(lines.join()).not.toContain('canary');
    expect(status).toBe(1);
  });
});
