import type { ASTNode } from '@marcbachmann/cel-js';

const loops = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter', 'sortBy']);
const growing = new Set(['flatten', 'map', 'range', 'join', 'replace', 'format']);
/** A list of a text's parts has as many as the text has characters, and one more. */
const takingApart = new Set(['split', 'findAll']);

/**
 * The steps that evaluating an expression takes at most, where no list or map that it is given has more than `largest` parts, nor any text where it takes
 * texts apart: nested loops multiply, everything else adds up.
 */
export function expressionCost(root: ASTNode, largest: number): number {
  const written = takesTextsApart(root) ? longestLiteral(root) + 1 : 0;
  return costOf(root, Math.max(1, largest, written));
}

/** Whether loops may go over the characters of a text. */
export function takesTextsApart(root: ASTNode): boolean {
  return holdsNode(root, (node) => node.op === 'rcall' && takingApart.has(node.args[0]));
}

function longestLiteral(node: ASTNode): number {
  const own = node.op === 'value' && typeof node.args === 'string' ? node.args.length : 0;
  return childrenOf(node).reduce((longest, child) => Math.max(longest, longestLiteral(child)), own);
}

function costOf(node: ASTNode, size: number): number {
  let cost = 1;
  for (const child of childrenOf(node)) cost += costOf(child, size);
  if (node.op !== 'rcall' || !loops.has(node.args[0])) return cost;
  const [, receiver, body] = node.args;
  return costOf(receiver, size) + sizeOf(receiver, size) * body.reduce((sum, part) => sum + costOf(part, size), 1);
}

function sizeOf(node: ASTNode, size: number): number {
  if (node.op === 'list' || node.op === 'map') return node.args.length;
  return Math.max(size, 1) ** (1 + countOf(node, isGrowing)) * 2 ** countOf(node, ({ op }) => op === '+');
}

function isGrowing(node: ASTNode): boolean {
  return node.op === 'rcall' && growing.has(node.args[0]);
}

function countOf(node: ASTNode, counts: (node: ASTNode) => boolean): number {
  let count = counts(node) ? 1 : 0;
  for (const child of childrenOf(node)) count += countOf(child, counts);
  return count;
}

/** Whether one of the nodes is such. */
export function holdsNode(root: ASTNode, isSuch: (node: ASTNode) => boolean): boolean {
  return isSuch(root) || childrenOf(root).some((child) => holdsNode(child, isSuch));
}

/** `cel.bind`: values that double with every binding take any amount of memory. */
export function holdsBinding(root: ASTNode): boolean {
  return holdsNode(root, (node) => node.op === 'rcall' && node.args[0] === 'bind');
}

/** The nodes right below one. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  return nodesIn(node.args);
}

function nodesIn(part: unknown): readonly ASTNode[] {
  if (Array.isArray(part)) return part.flatMap(nodesIn);
  return isNode(part) ? [part] : [];
}

function isNode(part: unknown): part is ASTNode {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}
