import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import { manifestsBelow } from '../domain/manifest/cases.ts';

/** One side of a real change: its files as plain manifests, and the objects in them. */
export interface Side {
  readonly files: Readonly<Record<string, string>>;
  readonly objects: readonly RenderedObject[];
}

/** A change of a real repository. */
export interface RealPair {
  readonly before: Side;
  readonly after: Side;
  /** Every object that differs, in the words of a plan: `create Role team/admin`. */
  readonly changes: readonly string[];
}

/** Kinds of the pairs that live in no namespace. */
export const clusterScopedKinds: readonly string[] = [
  'Namespace',
  'ClusterRole',
  'ClusterRoleBinding',
  'ClusterIssuer',
  'SecurityContextConstraints',
  'ClusterKubeArchiveConfig',
  'CustomResourceDefinition',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'StorageClass',
  'PersistentVolume',
];

/** Reads a pair of ../shared/cases: manifests as they are, a kustomization as it was rendered. Objects that name no namespace are those of `defaultNamespace`. */
export function readPair(of: {
  readonly cases: string;
  readonly name: string;
  readonly defaultNamespace: string;
}): RealPair {
  const directory = join(of.cases, 'pairs', of.name);
  const changes = readFileSync(join(directory, 'changes.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^(create|change|delete) /.test(line))
    .map((line) => changeText(line, of.defaultNamespace));
  return { before: readSide(directory, 'before'), after: readSide(directory, 'after'), changes };
}

function readSide(directory: string, which: 'before' | 'after'): Side {
  const sources = readSources(directory, which);
  return {
    files: Object.fromEntries(sources.map(({ path, text }) => [path, text])),
    objects: decodeManifests(sources).objects,
  };
}

function readSources(directory: string, which: 'before' | 'after') {
  const rendered = join(directory, `expected-${which}.yaml`);
  if (existsSync(rendered)) return [{ path: 'render.yaml', text: readFileSync(rendered, 'utf8') }];
  const isKustomization = ['before', 'after'].some((side) => existsSync(join(directory, `expected-${side}.yaml`)));
  // The other side was rendered: this one is empty.
  if (isKustomization) return [];
  return manifestsBelow(join(directory, which)).filter((file) => /\.(ya?ml|json)$/.test(file.path));
}

/** `change apps/Deployment auth/dex` → `update Deployment auth/dex`. */
function changeText(line: string, defaultNamespace: string): string {
  const [, action = '', kind = '', place = ''] = /^(\w+) (?:\S+\/)?(\w+) (\S+)$/.exec(line) ?? [];
  const isComplete = place.includes('/') || clusterScopedKinds.includes(kind);
  return `${action === 'change' ? 'update' : action} ${kind} ${isComplete ? place : `${defaultNamespace}/${place}`}`;
}
