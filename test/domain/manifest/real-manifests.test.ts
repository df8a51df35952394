import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import type { ManifestFile } from '../../../src/domain/manifest/manifest-file.ts';
import { casesDirectory, manifestsBelow } from './cases.ts';

const cases = casesDirectory();

describe.skipIf(cases === undefined)('manifests of real repositories', () => {
  const decodeCase = (name: string) => decodeManifests(manifestsBelow(join(cases ?? '', 'manifests', name)));

  test.each([
    ['cert-manager', 6],
    ['gateway-api', 23],
    ['guestbook', 9],
  ])('%s decodes without a problem into %i objects', (name, count) => {
    const decoded = decodeCase(name);
    expect(decoded.problems).toEqual([]);
    expect(decoded.objects).toHaveLength(count);
  });

  test('the typed lists of kube-prometheus are flattened, each element with its own line and namespace', () => {
    const decoded = decodeCase('kube-prometheus');
    expect(decoded.problems).toEqual([]);
    const roles = decoded.objects.filter((object) => object.position.path === 'prometheus-roleSpecificNamespaces.yaml');
    expect(roles.map((role) => [role.kind, role.namespace])).toEqual([
      ['Role', 'default'],
      ['Role', 'kube-system'],
      ['Role', 'monitoring'],
    ]);
    expect(new Set(roles.map((role) => role.position.line)).size).toBe(3);
    const bindings = decoded.objects.filter(
      (object) => object.position.path === 'prometheus-roleBindingSpecificNamespaces.yaml',
    );
    expect(bindings.map((binding) => binding.kind)).toEqual(['RoleBinding', 'RoleBinding', 'RoleBinding']);
  });

  test('the Secret of kube-prometheus has its stringData as data', () => {
    const secret = decodeCase('kube-prometheus').objects.find((object) => object.kind === 'Secret');
    expect(secret?.content).not.toHaveProperty('stringData');
    expect(Object.keys(secret?.content.data ?? {})).toContain('alertmanager.yaml');
  });

  test('gatekeeper-demo names every place of its three duplicates, and keeps the rest', () => {
    const decoded = decodeCase('gatekeeper-demo');
    expect(decoded.objects).toHaveLength(12);
    expect(decoded.problems.map((problem) => problem.message.match(/\d times/)?.[0]).sort()).toEqual([
      '2 times',
      '2 times',
      '3 times',
    ]);
    const three = decoded.problems.find((problem) => problem.message.includes('3 times'))?.message;
    for (const path of ['bad_schema.yaml', 'bad_schema2.yaml', 'bad_schema3.yaml']) expect(three).toContain(path);
  });

  test('removed-apis has the Pod nginx in two files', () => {
    const decoded = decodeCase('removed-apis');
    expect(decoded.problems.map((problem) => problem.message)).toEqual([
      expect.stringMatching(/^Pod nginx is declared 2 times: .*pod\.yaml:1, .*pod_priv\.yaml:1\./),
    ]);
  });

  const pairs = cases === undefined ? [] : readdirSync(join(cases, 'pairs'));

  test.each(pairs)('both sides of %s decode without an error', (name) => {
    for (const side of ['before', 'after']) {
      const files = sideOf(join(cases ?? '', 'pairs', name), side);
      const decoded = decodeManifests(files);
      expect(decoded.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
      expect(decoded.objects.length > 0).toBe(files.some((file) => /^apiVersion:|^- apiVersion:/m.test(file.text)));
    }
  });
});

/** The render made for a kustomize entry, else the files themselves. */
function sideOf(pair: string, side: string): readonly ManifestFile[] {
  const rendered = readdirSync(pair).filter((name) => name.startsWith('expected') && name.includes(side));
  if (rendered.length > 0) return rendered.map((path) => ({ path, text: readFileSync(join(pair, path), 'utf8') }));
  return readdirSync(pair).includes(side) ? manifestsBelow(join(pair, side)) : [];
}
