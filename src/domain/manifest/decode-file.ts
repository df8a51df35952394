import { readKubectlKey, readKubectlScalar } from './kubectl-scalar.ts';
import { lineIndex } from './line-index.ts';
import type { Decoded, ManifestFile } from './manifest-file.ts';
import { readObjects } from './read-objects.ts';
import type { Position, Problem, RenderedObject } from './rendered-object.ts';
import { splitDocuments } from './split-documents.ts';
import { readYaml, type YamlDialect, type YamlFault } from './yaml-tree.ts';

const mebibyte = 1024 * 1024;
const maxFileLength = 10 * mebibyte;
const maxDocumentLength = 4 * mebibyte;
const maxDocuments = 10_000;
/** Characters that can begin a node: nodes are what costs time and memory. A 10 MiB bundle of CustomResourceDefinitions has half as many. */
const maxNodeMarks = 600_000;
/** What all aliases and merges of one file may add, in characters of JSON: stops a bomb while it is still small. */
const maxAliasedWeight = 10 * mebibyte;
const maxWarnings = 20;

const kubectl: Omit<YamlDialect, 'maxAliasedWeight'> = {
  readScalar: readKubectlScalar,
  readKey: readKubectlKey,
  mergeKeys: 'in-order',
};

/** The objects of one manifest file. A file beyond a limit is one error and is not parsed. */
export function decodeFile(file: ManifestFile): Decoded {
  const text = file.text.startsWith('\uFEFF') ? file.text.slice(1) : file.text;
  if (text.length > maxFileLength) {
    const message = `a file of ${size(text.length)}: at most ${size(maxFileLength)} of manifests a file; split it`;
    return refused(message, { path: file.path, line: 1, column: 1 });
  }
  const place = lineIndex(text);
  const at = (offset: number): Position => ({ path: file.path, ...place(offset) });
  const split = splitDocuments(text, maxDocuments);
  if (split.kind === 'refused') return refused(split.message, at(split.offset));
  if (text.length > maxNodeMarks && nodeMarks(text) > maxNodeMarks) {
    return refused(`more than ${maxNodeMarks} lines, keys and list items in one file: split it`, at(0));
  }
  const objects: RenderedObject[] = [];
  const problems: Problem[] = [];
  let aliasedWeight = 0;
  for (const document of split.documents) {
    const placed = (offset: number) => at(document.start + offset);
    const decoded = decodeDocument(document.text, { at: placed, maxAliasedWeight: maxAliasedWeight - aliasedWeight });
    aliasedWeight += decoded.aliasedWeight;
    objects.push(...decoded.objects);
    problems.push(...decoded.problems);
  }
  return { objects, problems: withFewWarnings(problems) };
}

function decodeDocument(
  text: string,
  { at, maxAliasedWeight }: { readonly at: (offset: number) => Position; readonly maxAliasedWeight: number },
): Decoded & { readonly aliasedWeight: number } {
  if (text.length > maxDocumentLength) {
    const message = `a document of ${size(text.length)}: at most ${size(maxDocumentLength)}; put its objects into documents of their own (---)`;
    return { objects: [], problems: [{ severity: 'error', message, position: at(0) }], aliasedWeight: 0 };
  }
  const read = readYaml(text, { ...kubectl, maxAliasedWeight });
  if (read.kind === 'invalid')
    return { objects: [], problems: [problemOf(read.fault, at)], aliasedWeight: read.aliasedWeight };
  const objects: RenderedObject[] = [];
  const problems: Problem[] = [];
  for (const document of read.documents) {
    problems.push(...document.faults.map((fault) => problemOf(fault, at)));
    if (document.root === undefined || document.faults.some((fault) => fault.severity === 'error')) continue;
    const decoded = readObjects(document.root, at);
    objects.push(...decoded.objects);
    problems.push(...decoded.problems);
  }
  return { objects, problems, aliasedWeight: read.aliasedWeight };
}

function problemOf(fault: YamlFault, at: (offset: number) => Position): Problem {
  const earlier = fault.earlier === undefined ? '' : ` (the first is on line ${at(fault.earlier).line})`;
  return { severity: fault.severity, message: `${fault.message}${earlier}`, position: at(fault.offset) };
}

function refused(message: string, position: Position): Decoded {
  return { objects: [], problems: [{ severity: 'error', message, position }] };
}

/** Line breaks, commas and opening brackets, and `-`, `?` and `:` before a space: no node of the text goes uncounted. */
function nodeMarks(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x0a:
      case 0x0d:
      case 0x2c:
      case 0x5b:
      case 0x7b:
        count += 1;
        break;
      case 0x2d:
      case 0x3f:
      case 0x3a:
        if (text.charCodeAt(at + 1) === 0x20) count += 1;
        break;
    }
  }
  return count;
}

/** A file in an old style can warn on every line; the first ones say it all. */
function withFewWarnings(problems: readonly Problem[]): readonly Problem[] {
  const warnings = problems.filter((problem) => problem.severity === 'warning');
  if (warnings.length <= maxWarnings) return problems;
  const shown = new Set(warnings.slice(0, maxWarnings));
  const last = warnings[maxWarnings];
  const rest: Problem = {
    severity: 'warning',
    message: `${warnings.length - maxWarnings} more warnings in this file`,
    ...(last?.position && { position: last.position }),
  };
  return [...problems.filter((problem) => problem.severity === 'error' || shown.has(problem)), rest];
}

function size(length: number): string {
  return `${(length / mebibyte).toFixed(1)} MiB`;
}
