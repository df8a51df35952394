import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import type { RenderedObject } from '../../src/domain/manifest/rendered-object.ts';
import type { ServedKind } from '../../src/domain/plan/prediction.ts';
import { manifestsBelow } from '../domain/manifest/cases.ts';

const mostObjects = 160;

/** Objects of ../shared/cases that a plain cluster serves, each name once. */
export function realObjects(root: string, kinds: readonly ServedKind[]): readonly RenderedObject[] {
  const served = new Set(
    kinds
      .filter((kind) => kind.namespaced)
      .map((kind) => `${kind.group === '' ? '' : `${kind.group}/`}${kind.version} ${kind.kind}`),
  );
  const directories = ['manifests', 'kustomize', 'pairs'].flatMap((part) =>
    readdirSync(join(root, part)).map((name) => join(root, part, name)),
  );
  const found = new Map<string, RenderedObject>();
  for (const directory of directories) {
    const files = manifestsBelow(directory).filter(
      ({ path }) => /(^|\/)(expected[^/]*|[^/]+)\.ya?ml$/.test(path) && !path.includes('kustomization'),
    );
    for (const file of files)
      for (const object of decodeManifests([file]).objects)
        if (served.has(`${object.apiVersion} ${object.kind}`) && object.kind !== 'PersistentVolumeClaim')
          found.set(`${object.kind} ${object.name}`, withoutNamespace(object));
  }
  return [...found.values()].slice(0, mostObjects);
}

/** The run's own namespace is the only one that there is. */
function withoutNamespace({ namespace: _namespace, ...object }: RenderedObject): RenderedObject {
  const { namespace: _, ...metadata } = object.content['metadata'] as JsonObject;
  return { ...object, content: { ...object.content, metadata } };
}
