import { isJsonObject, type JsonObject } from '../json.ts';

interface Mark {
  readonly tool: string;
  readonly part: 'labels' | 'annotations';
  readonly name: string;
  /** Undefined: any value. */
  readonly value?: string;
}

/** What other tools write on the objects that they keep, by their own documentation. */
const marks: readonly Mark[] = [
  { tool: 'Helm', part: 'annotations', name: 'meta.helm.sh/release-name' },
  { tool: 'Helm', part: 'labels', name: 'app.kubernetes.io/managed-by', value: 'Helm' },
  { tool: 'Argo CD', part: 'annotations', name: 'argocd.argoproj.io/tracking-id' },
  { tool: 'Argo CD', part: 'labels', name: 'argocd.argoproj.io/instance' },
  { tool: 'Flux', part: 'labels', name: 'kustomize.toolkit.fluxcd.io/name' },
  { tool: 'Flux', part: 'labels', name: 'helm.toolkit.fluxcd.io/name' },
];

/** The tool that believes to own a live object, with the mark that says so; undefined when none does. */
export function otherTool(live: JsonObject): { readonly tool: string; readonly mark: string } | undefined {
  const metadata = live['metadata'];
  for (const { tool, part, name, value } of marks) {
    const texts = isJsonObject(metadata) ? metadata[part] : undefined;
    const found = isJsonObject(texts) && Object.hasOwn(texts, name) ? texts[name] : undefined;
    if (typeof found === 'string' && (value === undefined || value === found))
      return { tool, mark: `${part === 'labels' ? 'label' : 'annotation'} ${name}: ${found}` };
  }
  return undefined;
}
