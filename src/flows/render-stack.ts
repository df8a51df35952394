import type { CommitSha, Repository, TreeSha } from '../domain/identity.ts';
import { isManifestPath } from '../domain/manifest/manifest-file.ts';
import type { Problem, RenderedObject } from '../domain/manifest/rendered-object.ts';
import { rendererProblem } from '../domain/target/detect-renderer.ts';
import type { Target } from '../domain/target/target.ts';
import { enclosingTarget } from '../domain/target/target-files.ts';
import type { Checkout, FileRead, TreeEntry } from './ports/checkout.ts';
import type { Decoder } from './ports/decoder.ts';

export interface Render {
  readonly objects: readonly RenderedObject[];
  readonly problems: readonly Problem[];
}

export const emptyRender: Render = { objects: [], problems: [] };

/** A commit's (or a test merge's) files, listed once and shared by all of its targets. */
export interface SourceTree {
  readonly at: CommitSha | TreeSha;
  readonly entries: readonly TreeEntry[];
}

export interface RenderPorts {
  readonly checkout: Pick<Checkout, 'readFiles'>;
  readonly decoder: Decoder;
}

/**
 * Renders a stack of plain manifests: what stands in its directory, less nested stacks. Decoding is a pure function of the files, so that rendering
 * a second time could not differ; renderers that run programs have to be run twice.
 */
export async function renderTarget(
  ports: RenderPorts,
  repository: Repository,
  source: { readonly tree: SourceTree; readonly target: Target; readonly all: readonly Target[] },
): Promise<Render> {
  const { target, all, tree } = source;
  const enclosing = enclosingTarget([target, ...all.filter((other) => other.directory !== target.directory)]);
  const own = tree.entries.filter(
    (entry) => isBelow(entry.path, target.directory) && enclosing(entry.path)?.directory === target.directory,
  );
  const unsupported = rendererProblem(
    target,
    own.map((entry) => entry.path),
  );
  if (unsupported !== undefined) return { objects: [], problems: [unsupported] };
  const manifests = own.filter((entry) => isManifestPath(entry.path));
  const refused = manifests.flatMap((entry) => (entry.kind === 'file' ? [] : [refusedEntry(entry)]));
  const paths = manifests.filter((entry) => entry.kind === 'file').map((entry) => entry.path);
  const read = await ports.checkout.readFiles(repository, tree.at, paths);
  const files: { readonly path: string; readonly text: string }[] = [];
  const problems: Problem[] = [...refused];
  for (const path of paths) {
    const text = textOf(path, read.get(path));
    if (text.kind === 'text') files.push({ path, text: text.text });
    else problems.push(text.problem);
  }
  const decoded = await ports.decoder.decode(files);
  return { objects: decoded.objects, problems: [...problems, ...decoded.problems] };
}

function refusedEntry(entry: TreeEntry): Problem {
  const what = entry.kind === 'symlink' ? 'a symbolic link' : 'a submodule';
  return {
    severity: 'error',
    message: `${entry.path} is ${what}, which is never followed; put the file itself here`,
    position: { path: entry.path, line: 1, column: 1 },
  };
}

function isBelow(path: string, directory: string): boolean {
  return directory === '' || path.startsWith(`${directory}/`);
}

/** A file's text, or why it is not one. */
export function textOf(
  path: string,
  read: FileRead | undefined,
): { readonly kind: 'text'; readonly text: string } | { readonly kind: 'unreadable'; readonly problem: Problem } {
  const unreadable = (message: string) =>
    ({ kind: 'unreadable', problem: { severity: 'error', message, position: { path, line: 1, column: 1 } } }) as const;
  if (read === undefined || read.kind === 'absent') return unreadable(`${path} could not be read from the repository`);
  if (read.kind === 'refused') return unreadable(`${path} is not read: ${read.reason}`);
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(read.bytes) };
  } catch {
    return unreadable(`${path} is not UTF-8 text; save it as UTF-8`);
  }
}
