import type { InstallationId, Repository, RepositoryId, TreeSha } from '../domain/identity.ts';
import {
  groupOf,
  identityText,
  type ObjectIdentity,
  type Problem,
  type RenderedObject,
} from '../domain/manifest/rendered-object.ts';
import type { ValidationNote, ValidationResult } from '../domain/report/validation-text.ts';
import type { CheckObject } from '../domain/schema/check-object.ts';
import { offlineCheck } from '../domain/schema/check-render.ts';
import type { KnownSchemas } from '../domain/schema/known-schemas.ts';
import { discoverStacks, looksLikeManifest, manifestCandidates } from '../domain/target/discover-stacks.ts';
import type { Target } from '../domain/target/target.ts';
import type { Decoder } from './ports/decoder.ts';
import type { Directory } from './ports/directory.ts';
import { type Render, renderTarget, type SourceTree, textOf } from './render-stack.ts';

export interface ValidateRequest {
  readonly directory: Directory;
  readonly decoder: Decoder;
  readonly known: KnownSchemas;
  /** Why it is not asked of a cluster, for people. */
  readonly reason: string;
}

/**
 * Checks what a directory holds as its plan would begin: configuration, stacks, decoding, places of objects, schemas. CustomResourceDefinitions of any stack count for all.
 * Rejects when the directory cannot be read.
 */
export async function validateDirectory({
  directory,
  decoder,
  known,
  reason,
}: ValidateRequest): Promise<ValidationResult> {
  const tree: SourceTree = { at: '' as TreeSha, entries: await directory.list() };
  const found = await findTargets(directory, tree);
  const problems: Problem[] = [...found.problems];
  const renders: { readonly target: Target; readonly render: Render }[] = [];
  for (const target of found.targets) {
    const render = await renderTarget({ checkout: readerOf(directory), decoder }, nobody(directory), {
      tree,
      target,
      all: found.targets,
    });
    for (const problem of render.problems) problems.push(problem);
    renders.push({ target, render });
  }
  const objects = renders.flatMap(({ render }) => render.objects);
  const check = offlineCheck(objects, { known, custom: await customChecks(objects), reason });
  const notes: ValidationNote[] = [];
  let checked = 0;
  const place = found.placed ? await placer(known, problems) : unplaced;
  for (const { target, render } of renders) {
    for (const { rendered, identity } of place(render, target)) {
      const { confidence, problems: ofObject, unchecked } = check(rendered, identity);
      for (const problem of ofObject) problems.push(problem);
      const object = { object: identityText(identity), position: rendered.position };
      if (confidence.level === 'schema') checked += 1;
      else if (confidence.level === 'rendered' && ofObject.length === 0)
        notes.push({ ...object, kind: 'unknown', reason: confidence.reason });
      for (const reason of unchecked) notes.push({ ...object, kind: 'partly', reason });
    }
  }
  return { source: known.source, targets: renders.length, objects: objects.length, checked, problems, notes };
}

interface Found {
  readonly targets: readonly Target[];
  readonly problems: readonly Problem[];
  /** The configuration says where objects may go. */
  readonly placed: boolean;
}

async function findTargets(directory: Directory, tree: SourceTree): Promise<Found> {
  if (tree.entries.some(({ path }) => path === '.github/planwright.yml')) {
    // Reading a configuration compiles its schema, which takes longer than a small directory does.
    const { findOwnConfiguration, targetsIn } = await import('./find-targets.ts');
    const found = await findOwnConfiguration(readerOf(directory), nobody(directory), tree, undefined);
    if (found.kind === 'invalid') return { targets: [], problems: found.problems, placed: true };
    if (found.kind === 'configured') {
      const { targets, problems } = targetsIn(found.configuration, tree);
      return { targets, problems: [...found.warnings, ...problems], placed: true };
    }
  }
  const paths = tree.entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const manifestPaths = await firstManifests(directory, manifestCandidates(paths));
  const { targets, problems } = discoverStacks({
    paths,
    manifestPaths,
    repositoryName: directory.name,
    cluster: 'offline',
  });
  return { targets, problems, placed: false };
}

/**
 * The first manifest of each directory that lies below no other with one. It makes a stack of its directory, and nothing else there or below has to be looked
 * at: rendering reads the files anyway.
 */
async function firstManifests(directory: Directory, candidates: readonly string[]): Promise<ReadonlySet<string>> {
  const found = new Map<string, string>();
  const byFolder = Map.groupBy(candidates, folderOf);
  for (const folder of [...byFolder.keys()].toSorted((left, right) => left.length - right.length)) {
    if (foldersAbove(folder).some((above) => found.has(above))) continue;
    for (const path of byFolder.get(folder) ?? []) {
      const text = textOf(path, (await directory.read([path])).get(path));
      if (text.kind !== 'text' || !looksLikeManifest(text.text)) continue;
      found.set(folder, path);
      break;
    }
  }
  return new Set(found.values());
}

/** '' is the root. */
function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function foldersAbove(folder: string): readonly string[] {
  const above: string[] = [];
  for (let at = folder; at !== ''; ) {
    at = folderOf(at);
    above.push(at);
  }
  return above;
}

interface Placed {
  readonly rendered: RenderedObject;
  readonly identity: ObjectIdentity;
}

/** Places of objects are loaded only for a configuration, which alone says where they may go. */
async function placer(known: KnownSchemas, problems: Problem[]) {
  const { placeObjects } = await import('../domain/plan/place-objects.ts');
  return (render: Render, { stack }: Target): readonly Placed[] => {
    const { namespace, namespaces, clusterScoped } = stack;
    const placement = placeObjects(render.objects, known.kinds, {
      clusterScoped,
      // What the server allows, only the server knows.
      serverNamespaces: ['*'],
      ...(namespace === undefined ? {} : { defaultNamespace: namespace }),
      ...(namespaces === undefined ? {} : { namespaces }),
    });
    for (const problem of placement.problems) problems.push(problem);
    return [...placement.objects.values()];
  };
}

function unplaced(render: Render): readonly Placed[] {
  return render.objects.map((rendered) => {
    const { apiVersion, kind, name, namespace } = rendered;
    const identity = { group: groupOf(apiVersion), kind, name, ...(namespace === undefined ? {} : { namespace }) };
    return { rendered, identity };
  });
}

/** Regular expressions and CEL are loaded only for files that define a kind. */
async function customChecks(objects: readonly RenderedObject[]): Promise<CheckObject> {
  if (!objects.some(({ kind }) => kind === 'CustomResourceDefinition'))
    return () => ({ violations: [], unchecked: [] });
  const { checkCustomResource } = await import('../domain/schema/check-custom-resource.ts');
  return checkCustomResource;
}

function readerOf(directory: Directory) {
  return { readFiles: (_repository: Repository, _at: unknown, paths: readonly string[]) => directory.read(paths) };
}

/** What renders reads of a repository is its name. */
function nobody(directory: Directory): Repository {
  return { id: 0 as RepositoryId, installation: 0 as InstallationId, owner: '', name: directory.name };
}
