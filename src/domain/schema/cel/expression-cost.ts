import type { ASTNode } from '@marcbachmann/cel-js';

const loops = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter', 'sortBy']);
const growing = new Set(['flatten', 'map', 'split', 'findAll', 'range', 'join', 'replace', 'format']);

/**
 * The steps that evaluating an expression takes at most, where no list, map or text that it is given has more than `largest` parts: nested loops
 * multiply, everything else adds up.
 */
export function expressionCost(root: ASTNode, largest: number): number {
  return costOf(root, Math.max(1, largest));
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
