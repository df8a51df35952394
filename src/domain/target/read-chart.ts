import type { InputReference } from './input-reference.ts';
import { eachMapping, readDocuments, textAt, unknown } from './read-documents.ts';

/** What a `Chart.yaml` (or the `requirements.yaml` of old charts) makes helm read besides the chart's own directory: its dependencies, relative to that directory. */
export function readChart(text: string): readonly InputReference[] {
  return readDocuments(text, (root, at) =>
    eachMapping(root, { key: 'dependencies', at }, (dependency) => {
      const name = textAt(dependency, 'name')?.text;
      const repository = textAt(dependency, 'repository');
      // Without a repository it has to lie in `charts`, which is part of the directory.
      if (repository === undefined) return [];
      const place = at(repository.node);
      if (repository.text.startsWith('file://'))
        return [{ kind: 'chart', paths: [repository.text.slice('file://'.length)], remote: undefined, at: place }];
      return name === undefined
        ? [unknown('a dependency has no name', place)]
        : [{ kind: 'vendored', name, remote: repository.text, at: place }];
    }),
  );
}
