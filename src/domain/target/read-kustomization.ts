import type { YamlMapping } from '../manifest/yaml-tree.ts';
import type { InputReference } from './input-reference.ts';
import { type At, eachMapping, eachText, readDocuments, textAt, unknown } from './read-documents.ts';

type Read = (root: YamlMapping, at: At, key: string) => readonly InputReference[];

const nothing: Read = () => [];
const paths =
  (kind: 'file' | 'resource'): Read =>
  (root, at, key) =>
    eachText(root, { key, at }, (path, node) => [{ kind, path, at: at(node) }]);
const pathOf: Read = (root, at) => fileAt(root, 'path', at);
const pathOfEach: Read = (root, at, key) => eachMapping(root, { key, at }, (each) => pathOf(each, at, key));
const generatorOfEach: Read = (root, at, key) => eachMapping(root, { key, at }, (each) => generatorFiles(each, at));
const plugins: Read = (root, at, key) =>
  eachText(root, { key, at }, (text, node) =>
    text.includes('\n')
      ? readPluginConfiguration(text).map((reference) => ({ ...reference, at: at(node) }))
      : [{ kind: 'plugin', path: text, at: at(node) }],
  );
/** kustomize takes a patch for a file when there is one of that name, and else for the patch itself. */
const patchTexts: Read = (root, at, key) =>
  eachText(root, { key, at }, (text, node) =>
    text.includes('\n') || text.startsWith('{') ? [] : [{ kind: 'file', path: text, at: at(node) }],
  );
const helmCharts: Read = (root, at, key) => {
  const globals = root.entries.get('helmGlobals')?.node;
  const home = globals?.kind === 'mapping' ? textAt(globals, 'chartHome')?.text : undefined;
  return eachMapping(root, { key, at }, (chart) => chartInputs(chart, { at, home: home ?? 'charts' }));
};

/** Every key of a kustomization (kustomize v5), with what it makes kustomize read. A key that is not here may read anything. */
const keys: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['resources', paths('resource')],
  ['bases', paths('resource')],
  ['components', paths('resource')],
  ['crds', paths('file')],
  ['configurations', paths('file')],
  ['patches', pathOfEach],
  ['patchesJson6902', pathOfEach],
  ['replacements', pathOfEach],
  ['patchesStrategicMerge', patchTexts],
  ['configMapGenerator', generatorOfEach],
  ['secretGenerator', generatorOfEach],
  ['generators', plugins],
  ['transformers', plugins],
  ['validators', plugins],
  ['openapi', pathOfEach],
  ['helmCharts', helmCharts],
  [
    'helmChartInflationGenerator',
    (root, at, key) => eachMapping(root, { key, at }, (chart) => oldChartInputs(chart, at)),
  ],
  ...[
    'apiVersion',
    'kind',
    'metadata',
    'helmGlobals',
    'namePrefix',
    'nameSuffix',
    'namespace',
    'commonLabels',
    'commonAnnotations',
    'labels',
    'images',
    'imageTags',
    'replicas',
    'vars',
    'sortOptions',
    'generatorOptions',
    'buildMetadata',
  ].map((key): [string, Read] => [key, nothing]),
]);

/** What a `kustomization.yaml` reads, relative to its directory. */
export function readKustomization(text: string): readonly InputReference[] {
  return readDocuments(text, (root, at) =>
    [...root.entries].flatMap(([key, { node }]) => {
      const read = keys.get(key);
      return read === undefined
        ? [unknown(`Planwright does not know what kustomize reads for "${key}"`, at(node))]
        : read(root, at, key);
    }),
  );
}

/** The plugins that are part of kustomize, with what their configuration makes it read. */
const builtIn: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['ConfigMapGenerator', (root, at) => generatorFiles(root, at)],
  ['SecretGenerator', (root, at) => generatorFiles(root, at)],
  ['PatchTransformer', pathOf],
  ['PatchJson6902Transformer', pathOf],
  ['PatchStrategicMergeTransformer', (root, at) => patchTexts(root, at, 'paths')],
  ['ReplacementTransformer', (root, at) => pathOfEach(root, at, 'replacements')],
  [
    'HelmChartInflationGenerator',
    (root, at) => chartInputs(root, { at, home: textAt(root, 'chartHome')?.text ?? 'charts' }),
  ],
  ...[
    'AnnotationsTransformer',
    'HashTransformer',
    'IAMPolicyGenerator',
    'ImageTagTransformer',
    'LabelTransformer',
    'LegacyOrderTransformer',
    'NamespaceTransformer',
    'PrefixSuffixTransformer',
    'PrefixTransformer',
    'ReplicaCountTransformer',
    'SortOrderTransformer',
    'SuffixTransformer',
    'ValueAddTransformer',
  ].map((kind): [string, Read] => [kind, nothing]),
]);

/** What the generators and transformers of a file read, relative to the kustomization that names them. */
export function readPluginConfiguration(text: string): readonly InputReference[] {
  return readDocuments(text, (root, at) => {
    const kind = textAt(root, 'kind')?.text ?? '';
    const read = textAt(root, 'apiVersion')?.text === 'builtin' ? builtIn.get(kind) : undefined;
    return read === undefined
      ? [unknown(`${kind === '' ? 'a plugin' : `the plugin ${kind}`} is a program, which is never run`, at(root))]
      : read(root, at, kind);
  });
}

function fileAt(root: YamlMapping, key: string, at: At): readonly InputReference[] {
  const path = textAt(root, key);
  return path === undefined ? [] : [{ kind: 'file', path: path.text, at: at(path.node) }];
}

/** `files` are `path` or `key=path`. */
function generatorFiles(root: YamlMapping, at: At): readonly InputReference[] {
  return [
    ...eachText(root, { key: 'files', at }, (text, node) => [
      { kind: 'file', path: text.slice(text.indexOf('=') + 1), at: at(node) },
    ]),
    ...paths('file')(root, at, 'envs'),
    ...fileAt(root, 'env', at),
  ];
}

function chartInputs(
  chart: YamlMapping,
  { at, home }: { readonly at: At; readonly home: string },
): readonly InputReference[] {
  const name = textAt(chart, 'name');
  const version = textAt(chart, 'version')?.text;
  if (name === undefined) return [unknown('a chart has no name', at(chart))];
  const { text, node } = name;
  return [
    {
      kind: 'chart',
      // kustomize unpacks what it fetched into a folder of the version, and looks there first.
      paths: [...(version === undefined ? [] : [`${home}/${text}-${version}/${text}`]), `${home}/${text}`],
      remote: textAt(chart, 'repo')?.text,
      at: at(node),
    },
    ...fileAt(chart, 'valuesFile', at),
    ...paths('file')(chart, at, 'additionalValuesFiles'),
  ];
}

function oldChartInputs(chart: YamlMapping, at: At): readonly InputReference[] {
  const name = textAt(chart, 'chartName');
  if (name === undefined) return [unknown('a chart has no name', at(chart))];
  const home = textAt(chart, 'chartHome')?.text ?? 'charts';
  return [
    {
      kind: 'chart',
      paths: [`${home}/${name.text}`],
      remote: textAt(chart, 'chartRepoUrl')?.text,
      at: at(name.node),
    },
    ...fileAt(chart, 'values', at),
  ];
}
