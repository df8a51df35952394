import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import { groupOf, type RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { manifestsBelow } from '../domain/manifest/cases.ts';

/** One side of a real change: its files as plain manifests, and what they hold. */
export interface Side {
  readonly files: Readonly<Record<string, string>>;
  readonly objects: readonly RenderedObject[];
}

/** A change of a real repository: manifests as they are, a kustomization as it was rendered. */
export interface RealPair {
  readonly name: string;
  readonly before: Side;
  readonly after: Side;
  /** Every object that differs, as the plan names it: `create Role ns/name`. */
  readonly changes: readonly string[];
}

/** Reads a pair of ../shared/cases; objects that name no namespace are those of `defaultNamespace`. */
export function readPair(cases: string, name: string, defaultNamespace: string): RealPair {
  const directory = join(cases, 'pairs', name);
  const isRendered = ['before', 'after'].some((side) => existsSync(join(directory, `expected-${side}.yaml`)));
  const side = (which: 'before' | 'after'): Side => {
    const rendered = join(directory, `expected-${which}.yaml`);
    const manifests = isRendered
      ? existsSync(rendered)
        ? [{ path: 'render.yaml', text: readFileSync(rendered, 'utf8') }]
        : []
      : manifestsBelow(join(directory, which)).filter((file) => /\.(ya?ml|json)$/.test(file.path));
    return { files: Object.fromEntries(manifests.map(({ path, text }) => [path, text])), objects: decodeManifests(manifests).objects };
  };
  const [before, after] = [side('before'), side('after')];
  const changes = readFileSync(join(directory, 'changes.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^(create|change|delete) /.test(line))
    .map((line) => changeText(line, { all: [...before.objects, ...after.objects], defaultNamespace }));
  return { name, before, after, changes };
}

/** `change apps/Deployment auth/dex` → `update Deployment auth/dex`. */
function changeText(line: string, known: { readonly all: readonly RenderedObject[]; readonly defaultNamespace: string }): string {
  const [, action = '', group = '', kind = '', place = ''] = /^(\w+) (?:(\S+)\/)?(\w+) (\S+)$/.exec(line) ?? [];
  const namespaced = place.includes('/') || isNamespaced(group, kind);
  return `${action === 'change' ? 'update' : action} ${kind} ${namespaced && !place.includes('/') ? `${known.defaultNamespace}/` : ''}${place}`;
}

const clusterScoped = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PersistentVolume', 'StorageClass', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ClusterIssuer', 'SecurityContextConstraints', 'ClusterVacuumConfig', 'ClusterKubeArchiveConfig']);
