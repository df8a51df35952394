import { readCoreKey, readCoreScalar } from '../manifest/core-scalar.ts';
import { lineIndex } from '../manifest/line-index.ts';
import type { Position, Problem } from '../manifest/rendered-object.ts';
import { readYaml, type YamlDialect, type YamlMapping } from '../manifest/yaml-tree.ts';
import type { Place } from './placed-node.ts';

export type MappingRead = { readonly kind: 'mapping'; readonly root: YamlMapping; readonly place: Place } | Invalid;

export interface Invalid {
  readonly kind: 'invalid';
  readonly problems: readonly Problem[];
}

const maxFileLength = 1024 * 1024;
const yaml12: YamlDialect = {
  readScalar: readCoreScalar,
  readKey: readCoreKey,
  mergeKeys: 'refused',
  maxAliasedWeight: maxFileLength,
};

/** Reads a configuration file of YAML 1.2 that holds one mapping. Never throws. `example` is a first line for whoever left the file empty. */
export function readMapping(file: { readonly path: string; readonly text: string }, example: string): MappingRead {
  const text = file.text.startsWith('\uFEFF') ? file.text.slice(1) : file.text;
  const positionOf = lineIndex(text.length > maxFileLength ? '' : text);
  const place = (offset: number): Position => ({ path: file.path, ...positionOf(offset) });
  const refuse = (offset: number, message: string): MappingRead =>
    invalid([{ severity: 'error', message, position: place(offset) }]);
  if (text.length > maxFileLength) return refuse(0, 'the file is larger than 1 MiB');
  const read = readYaml(text, yaml12);
  if (read.kind === 'invalid') return refuse(read.fault.offset, read.fault.message);
  const faults = read.documents.flatMap((document) => document.faults);
  if (faults.length > 0) {
    return invalid(
      faults.map((fault) => {
        const earlier = fault.earlier === undefined ? '' : ` (the first is on line ${place(fault.earlier).line})`;
        return { severity: 'error', message: `${fault.message}${earlier}`, position: place(fault.offset) };
      }),
    );
  }
  const [document, second] = read.documents.filter((each) => each.root !== undefined);
  if (document?.root === undefined) return refuse(0, `the file is empty: it needs at least "${example}"`);
  if (second !== undefined) return refuse(second.start, 'the file must hold one document only');
  if (document.root.kind !== 'mapping')
    return refuse(document.root.start, `the file must hold a mapping, such as "${example}"`);
  return { kind: 'mapping', root: document.root, place };
}

/** The problems in the order of the file. */
export function invalid(problems: readonly Problem[]): Invalid {
  const inOrder = problems.toSorted((left, right) => {
    const lines = (left.position?.line ?? 0) - (right.position?.line ?? 0);
    return lines === 0 ? (left.position?.column ?? 0) - (right.position?.column ?? 0) : lines;
  });
  return { kind: 'invalid', problems: inOrder };
}
