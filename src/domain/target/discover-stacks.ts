import type { Environment, Stack } from '../config/config.ts';
import { targetName } from '../identity.ts';
import { isManifestPath } from '../manifest/manifest-file.ts';
import type { Problem } from '../manifest/rendered-object.ts';
import { detectRenderer } from './detect-renderer.ts';
import { type Directory, directoryTree } from './directory-tree.ts';
import type { ResolvedTargets } from './resolve-targets.ts';
import type { Target } from './target.ts';

export interface DiscoveryInput {
  readonly paths: Iterable<string>;
  /** Of `manifestCandidates(paths)`, those whose text `looksLikeManifest`. */
  readonly manifestPaths: ReadonlySet<string>;
  /** The repository's name, without owner: names a stack at the root. */
  readonly repositoryName: string;
  /** The server's only cluster, after which the environment is named; for offline validation any other word. */
  readonly cluster: string;
}

const discoveredTimeoutMs = 600_000;

/** The files that have to be looked at before stacks can be discovered. */
export function manifestCandidates(paths: Iterable<string>): readonly string[] {
  return [...paths].filter((path) => isManifestPath(path) && !path.startsWith('.github/'));
}

/** Whether a file holds, or seems to hold, a Kubernetes object: `apiVersion` and `kind` at the top of a document. A look, no parsing: it may be wrong for odd texts. */
export function looksLikeManifest(text: string): boolean {
  if (/^\s*[[{]/.test(text)) return /"apiVersion"\s*:/.test(text) && /"kind"\s*:/.test(text);
  return /^["']?apiVersion["']?[ \t]*:/m.test(text) && /^["']?kind["']?[ \t]*:/m.test(text);
}

/**
 * The stacks of a repository without configuration: the topmost directories that themselves hold manifests, a kustomization, a chart or `*.tf`, never `.github`.
 * Named by path with `/` as `-`. They are planned, never deployed. Two paths of one name, and paths that give no name, are problems; the first is kept.
 */
export function discoverStacks(input: DiscoveryInput): ResolvedTargets {
  const environment: Environment = { name: input.cluster, cluster: input.cluster, approvals: 0, after: [] };
  const targets = new Map<string, Target>();
  const problems: Problem[] = [];
  for (const { directory, marker } of topmost(directoryTree(input.paths), input)) {
    const stackName = (directory === '' ? input.repositoryName : directory).replaceAll('/', '-');
    const position = { path: marker, line: 1, column: 1 };
    const same = targets.get(stackName);
    if (same !== undefined) {
      problems.push({
        severity: 'error',
        message: `the directories ${same.directory} and ${directory} would both be the stack ${stackName}: name them in .github/planwright.yml`,
        position,
      });
      continue;
    }
    if (/[\s@]/.test(stackName) || stackName.length > 100) {
      problems.push({
        severity: 'error',
        message: `the directory ${JSON.stringify(directory)} gives no usable stack name: name it in .github/planwright.yml`,
        position,
      });
      continue;
    }
    const stack: Stack = {
      path: directory,
      name: stackName,
      watch: [],
      clusterScoped: [],
      ignore: [],
      forceConflicts: { kind: 'none' },
      prune: true,
      timeoutMs: discoveredTimeoutMs,
      position,
    };
    targets.set(stackName, { name: targetName(stackName, environment.name), stackName, directory, environment, stack });
  }
  return {
    targets: [...targets.values()].toSorted((left, right) => (left.directory < right.directory ? -1 : 1)),
    problems,
  };
}

interface Discovered {
  readonly directory: string;
  /** The file that makes it a stack. */
  readonly marker: string;
}

function topmost(root: Directory, input: DiscoveryInput): readonly Discovered[] {
  const found: Discovered[] = [];
  const waiting = [root];
  for (let directory = waiting.pop(); directory !== undefined; directory = waiting.pop()) {
    const { path } = directory;
    const marker = directory.files.find((name) => isMarker(path === '' ? name : `${path}/${name}`, name, input));
    if (marker !== undefined) found.push({ directory: path, marker: path === '' ? marker : `${path}/${marker}` });
    else for (const below of directory.directories.values()) if (below.path !== '.github') waiting.push(below);
  }
  return found.toSorted((left, right) => (left.directory < right.directory ? -1 : 1));
}

function isMarker(path: string, name: string, { manifestPaths }: DiscoveryInput): boolean {
  return manifestPaths.has(path) || detectRenderer([name]) !== 'manifests';
}
