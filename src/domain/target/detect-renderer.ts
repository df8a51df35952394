import type { Problem } from '../manifest/rendered-object.ts';
import type { Target } from './target.ts';

export type Renderer = 'manifests' | 'kustomize' | 'helm' | 'terraform';

/** What a directory is, by the names of the files in it (not below it); where several fit, in this order: kustomize, helm, terraform. */
export function detectRenderer(fileNames: Iterable<string>): Renderer {
  const names = [...fileNames];
  if (names.some((name) => name === 'kustomization.yaml' || name === 'kustomization.yml' || name === 'Kustomization'))
    return 'kustomize';
  if (names.includes('Chart.yaml')) return 'helm';
  if (names.some((name) => name.endsWith('.tf') || name.endsWith('.tf.json'))) return 'terraform';
  return 'manifests';
}

/** Why a target cannot be rendered by this version, or undefined. `paths` are the files of the target. A renderer that the stack names wins over detection. */
export function rendererProblem(target: Target, paths: Iterable<string>): Problem | undefined {
  if (target.stack.renderer !== undefined) return undefined;
  const prefix = target.directory === '' ? '' : `${target.directory}/`;
  const names = [...paths].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const own = names.filter((name) => !name.includes('/'));
  const renderer = detectRenderer(own);
  if (renderer === 'manifests') return undefined;
  const file = own.find((name) => detectRenderer([name]) === renderer) ?? '';
  return {
    severity: 'error',
    message: `${target.name} needs the renderer ${renderer}, which is not supported yet: commit the rendered manifests instead, or say "renderer: manifests" if the files are plain manifests`,
    position: { path: `${prefix}${file}`, line: 1, column: 1 },
  };
}
