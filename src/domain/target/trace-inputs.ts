import type { LineColumn } from '../manifest/line-index.ts';
import type { Problem } from '../manifest/rendered-object.ts';
import { detectRenderer } from './detect-renderer.ts';
import type { InputReference } from './input-reference.ts';
import { readChart } from './read-chart.ts';
import { readKustomization, readPluginConfiguration } from './read-kustomization.ts';
import { pathIn, resolvePath } from './relative-path.ts';
import type { SourceEntry } from './source-entry.ts';
import type { Target } from './target.ts';
import { type TreePlaces, treePlaces } from './tree-places.ts';

/** How a file is to be understood. */
export type InputRole = 'kustomization' | 'plugin' | 'chart';

/** A file whose text says what else is read. */
export interface InputFile {
  readonly role: InputRole;
  readonly path: string;
  readonly id: string;
}

/** What one step of a renderer reads: a kustomization, a file of plugins, or a chart. */
export interface InputNode {
  /** Paths whose content, or whose being there, makes a difference. */
  readonly files: ReadonlySet<string>;
  /** Everything below these does. */
  readonly directories: ReadonlySet<string>;
  /** Keys of the steps that it takes in. */
  readonly next: ReadonlySet<string>;
  /** What it reads and nobody can tell, or nobody may. */
  readonly unresolved: readonly Problem[];
}

/** What the renderers of a tree's targets read, from each target's own step on. */
export interface InputGraph {
  readonly nodes: ReadonlyMap<string, InputNode>;
  /** The step that each target begins with; targets of plain manifests have none. */
  readonly starts: ReadonlyMap<Target['name'], string>;
  /** Files that have to be read before this can be told; empty when it is complete. */
  readonly unread: readonly InputFile[];
}

export interface TracedTree {
  readonly entries: readonly SourceEntry[];
  readonly targets: readonly Target[];
  /** What a file's text says, once it was read. */
  readonly known: (file: InputFile) => readonly InputReference[] | undefined;
}

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
const empty: InputGraph = { nodes: new Map(), starts: new Map(), unread: [] };
const chartNames = ['Chart.yaml', 'requirements.yaml'];

/** A tree with more files of renderers, or with more references in them, is not looked through: all of its targets count as changed. */
const mostFiles = 20_000;
const mostReferences = 500_000;
const mostPathCharacters = 4_096;
/** Of one file: one is enough to count as changed. */
const mostProblems = 10;

/** What a file's text says that it reads. Pure: the same text, the same references, wherever it lies. */
export function readReferences(role: InputRole, text: string): readonly InputReference[] {
  switch (role) {
    case 'kustomization':
      return readKustomization(text);
    case 'plugin':
      return readPluginConfiguration(text);
    case 'chart':
      return readChart(text);
  }
}

function roleOf(path: string): InputRole | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (kustomizationNames.includes(name)) return 'kustomization';
  return chartNames.includes(name) ? 'chart' : undefined;
}

/**
 * Follows what the renderers of the targets read, by the texts alone: nothing is rendered or fetched, no link is followed. Every step is taken once, so that loops
 * end and bases that many targets share cost once. The files by which renderers find others are asked for all together, wherever they lie: one reading tells
 * what every target reads, however deep it is nested. A repository whose targets are plain manifests costs nothing.
 */
export function traceInputs(tree: TracedTree): InputGraph {
  const markers = tree.entries.filter(({ path }) => roleOf(path) !== undefined);
  const starts = startsOf(tree.targets, markers);
  if (starts.size === 0) return empty;
  const keys = new Map([...starts].map(([target, { key }]) => [target, key]));
  if (markers.length > mostFiles) return { nodes: allUnresolved(keys), starts: keys, unread: [] };
  const unread = markers.flatMap((entry): readonly InputFile[] => {
    const file = fileOf(entry);
    return file === undefined || tree.known(file) !== undefined ? [] : [file];
  });
  if (unread.length > 0) return { nodes: new Map(), starts: keys, unread };
  const trace = new Trace(tree);
  return trace.run([...starts.values()])
    ? { nodes: trace.nodes, starts: keys, unread: [...trace.unread.values()] }
    : { nodes: allUnresolved(keys), starts: keys, unread: [] };
}

function fileOf({ path, kind, id }: SourceEntry): InputFile | undefined {
  const role = roleOf(path);
  return role === undefined || kind !== 'file' ? undefined : { role, path, id };
}

function startsOf(targets: readonly Target[], markers: readonly SourceEntry[]): ReadonlyMap<Target['name'], Step> {
  const names = Map.groupBy(markers, ({ path }) => path.slice(0, Math.max(path.lastIndexOf('/'), 0)));
  const starts = new Map<Target['name'], Step>();
  for (const { name, directory, stack } of targets) {
    const own = stack.renderer === undefined ? (names.get(directory) ?? []) : [];
    const renderer = detectRenderer(own.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)));
    if (renderer === 'kustomize') starts.set(name, step('kustomization', directory, directory));
    if (renderer === 'helm') starts.set(name, step('chart', directory, directory));
  }
  return starts;
}

function allUnresolved(starts: ReadonlyMap<Target['name'], string>): ReadonlyMap<string, InputNode> {
  const message = `the repository has more than ${mostFiles} files of kustomize and helm, or ${mostReferences} references in them: which stacks a change affects is not looked up, and all of these count as changed`;
  const none: ReadonlySet<string> = new Set();
  const node: InputNode = {
    files: none,
    directories: none,
    next: none,
    unresolved: [{ severity: 'warning', message }],
  };
  return new Map([...starts.values()].map((key) => [key, node]));
}

interface Step {
  readonly key: string;
  readonly kind: 'kustomization' | 'plugin' | 'plugins' | 'chart';
  readonly path: string;
  /** Where paths of plugins' configurations begin. */
  readonly root: string;
}

interface GrowingNode extends InputNode {
  readonly files: Set<string>;
  readonly directories: Set<string>;
  readonly next: Set<string>;
  readonly unresolved: Problem[];
}

class Trace {
  readonly #tree: TracedTree;
  readonly #places: TreePlaces;
  readonly nodes = new Map<string, GrowingNode>();
  readonly unread = new Map<string, InputFile>();
  readonly #waiting: Step[] = [];
  #references = 0;

  constructor(tree: TracedTree) {
    this.#tree = tree;
    this.#places = treePlaces(tree.entries);
  }

  /** False when there are too many references. */
  run(starts: readonly Step[]): boolean {
    for (const start of starts) this.#enter(start);
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop()) {
      this.#take(next);
      if (this.#references > mostReferences) return false;
    }
    return true;
  }

  #enter(next: Step): void {
    if (this.nodes.has(next.key)) return;
    this.nodes.set(next.key, { files: new Set(), directories: new Set(), next: new Set(), unresolved: [] });
    this.#waiting.push(next);
  }

  #take(current: Step): void {
    const node = this.nodes.get(current.key);
    if (node === undefined) return;
    switch (current.kind) {
      case 'kustomization':
      case 'plugins':
        for (const name of kustomizationNames) this.#read(current, node, pathIn(current.path, name), 'kustomization');
        return;
      case 'plugin':
        return this.#read(current, node, current.path, 'plugin');
      case 'chart':
        node.directories.add(current.path);
        for (const name of chartNames) this.#read(current, node, pathIn(current.path, name), 'chart');
        this.#refuseSpecial(node, current.path);
    }
  }

  #read(current: Step, node: GrowingNode, path: string, role: InputRole): void {
    node.files.add(path);
    const entry = this.#places.entryAt(path);
    if (entry === undefined) return;
    if (entry.kind !== 'file') return this.#refuse(node, path, `${path} is ${whatIs(entry)}`);
    const file: InputFile = { role, path, id: entry.id };
    const references = this.#tree.known(file);
    if (references === undefined) {
      this.unread.set(`${role} ${path}`, file);
      return;
    }
    this.#references += references.length;
    for (const reference of references) this.#follow(current, node, { reference, by: path });
  }

  #follow(current: Step, node: GrowingNode, of: { readonly reference: InputReference; readonly by: string }): void {
    const { reference, by } = of;
    const from = current.kind === 'plugin' ? current.root : current.path;
    switch (reference.kind) {
      case 'unknown':
        return this.#refuse(node, by, reference.reason, reference.at);
      case 'vendored':
        if (this.#places.hasCopy(current.path, reference.name)) return;
        return this.#refuse(node, by, remoteText(reference.remote), reference.at);
      case 'chart':
        return this.#followChart(node, { reference, by, from });
      case 'file':
      case 'resource':
      case 'plugin': {
        const path = this.#resolve(node, { written: reference.path, from, by, at: reference.at });
        if (path === undefined) return;
        node.files.add(path);
        if (reference.kind !== 'file') this.#followResource(current, node, { path, kind: reference.kind });
      }
    }
  }

  /** A directory with a kustomization, now or after the change, or a file, which may hold plugins. */
  #followResource(
    current: Step,
    node: GrowingNode,
    { path, kind }: { readonly path: string; readonly kind: 'resource' | 'plugin' },
  ): void {
    const ofPlugins = kind === 'plugin' || current.kind === 'plugins';
    const isFile = this.#places.entryAt(path)?.kind === 'file';
    if (isFile && !ofPlugins) return;
    const root = kind === 'plugin' ? current.path : current.root;
    const next = isFile
      ? step('plugin', path, root)
      : ofPlugins
        ? step('plugins', path, root)
        : step('kustomization', path, path);
    node.next.add(next.key);
    this.#enter(next);
  }

  #followChart(
    node: GrowingNode,
    of: {
      readonly reference: Extract<InputReference, { readonly kind: 'chart' }>;
      readonly by: string;
      readonly from: string;
    },
  ): void {
    const { reference, by, from } = of;
    const paths = reference.paths.flatMap((written) => {
      const path = this.#resolve(node, { written, from, by, at: reference.at });
      return path === undefined ? [] : [path];
    });
    for (const path of paths) {
      const next = step('chart', path, path);
      node.next.add(next.key);
      this.#enter(next);
    }
    if (reference.remote === undefined) return;
    if (!paths.some((path) => this.#places.isDirectory(path)))
      this.#refuse(node, by, remoteText(reference.remote), reference.at);
  }

  /** The path that is meant; undefined, and said, when it is none that may be read. */
  #resolve(
    node: GrowingNode,
    of: { readonly written: string; readonly from: string; readonly by: string; readonly at: LineColumn },
  ): string | undefined {
    const { written, from, by, at } = of;
    if (written.length > mostPathCharacters) {
      this.#refuse(node, by, `a text of ${written.length} characters is no path`, at);
      return undefined;
    }
    const path = resolvePath(from, written);
    const isThere = () =>
      path !== undefined && (this.#places.entryAt(path) !== undefined || this.#places.isDirectory(path));
    if (isRemote(written) && !isThere()) {
      this.#refuse(node, by, remoteText(written), at);
      return undefined;
    }
    if (path === undefined) {
      this.#refuse(node, by, `${shown(written)} leads out of the repository`, at);
      return undefined;
    }
    this.#noteLinks(node, { path, named: written, at, by });
    return path;
  }

  /** What lies behind a link or in a submodule is not part of the tree. */
  #noteLinks(
    node: GrowingNode,
    of: { readonly path: string; readonly named: string; readonly at: LineColumn; readonly by: string },
  ): void {
    const special = this.#places.specialOn(of.path);
    if (special !== undefined)
      this.#refuse(node, of.by, `${shown(of.named)} leads through ${special.path}, ${whatIs(special)}`, of.at);
  }

  #refuseSpecial(node: GrowingNode, directory: string): void {
    const entry = this.#places.specialBelow(directory);
    if (entry !== undefined) this.#refuse(node, entry.path, `${entry.path} is ${whatIs(entry)}`);
  }

  #refuse(node: GrowingNode, by: string, reason: string, at: LineColumn = { line: 1, column: 1 }): void {
    if (node.unresolved.length === mostProblems) return;
    node.unresolved.push({
      severity: 'warning',
      message: `${reason}: what is read there cannot be told from the repository, so every stack that reads ${by} counts as changed`,
      position: { path: by, ...at },
    });
  }
}

function step(kind: Step['kind'], path: string, root: string): Step {
  return { key: kind.startsWith('plugin') ? `${kind} ${path} of ${root}` : `${kind} ${path}`, kind, path, root };
}

function whatIs({ kind }: SourceEntry): string {
  return kind === 'symlink' ? 'a symbolic link, which is never followed' : 'a submodule, which is never fetched';
}

/** As kustomize takes what is no file and no directory: `https://…`, `git@host:…`, `github.com/acme/base`, `host//path`, `…?ref=v1`. */
function isRemote(written: string): boolean {
  return (
    /^[A-Za-z][A-Za-z0-9+.-]*:/.test(written) ||
    /^[^/]+@[^/]+:/.test(written) ||
    written.includes('//') ||
    written.includes('?') ||
    /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+\//.test(written)
  );
}

function remoteText(written: string): string {
  return `${shown(written)} lies elsewhere and is never fetched`;
}

function shown(written: string): string {
  return JSON.stringify(written.slice(0, 200));
}
