import type { ASTNode, Environment } from '@marcbachmann/cel-js';
import ipaddr from 'ipaddr.js';
import { CheckBudget } from '../check-budget.ts';
import { linearPattern } from '../linear-pattern.ts';
import { compareQuantities, isQuantityText, type Quantity, quantityOf, quantitySum } from '../quantity.ts';
import { childrenOf } from './expression-cost.ts';

/** What a rule did is an error for the API server too: the object is refused. */
export class RuleFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleFault';
  }
}

/** The name under which `matches` is called: the library's own backtracks. */
const linearMatches = 'matchesLinearly';

/** Calls the functions of this file where the library has its own. */
export function callLinearly(node: ASTNode): void {
  if (node.op === 'rcall' && node.args[0] === 'matches') node.args[0] = linearMatches;
  for (const child of childrenOf(node)) callLinearly(child);
}

/** Characters that one call may produce or read; a longer text is nothing that a definition describes. */
const maxText = 1_048_576;
const stepsOfACall = 200_000;

type Value = unknown;

/**
 * The functions that Kubernetes adds to CEL (https://kubernetes.io/docs/reference/using-api/cel/), as far as definitions use them: texts, lists, sets, regular expressions,
 * quantities, addresses. What is missing here makes a rule that nobody evaluates, never one that holds.
 *
 * @param budgetOfCall what one call of a regular expression may take
 */
export function addKubernetesFunctions(
  environment: Environment,
  budgetOfCall: () => CheckBudget = () => new CheckBudget(stepsOfACall),
): void {
  addTexts(environment, budgetOfCall);
  addLists(environment);
  addSets(environment);
  addQuantities(environment);
  addAddresses(environment);
}

function addTexts(environment: Environment, budgetOfCall: () => CheckBudget): void {
  const find = (text: string, pattern: string, global: boolean): readonly string[] => {
    const compiled = linearPattern(pattern);
    if (compiled === undefined) throw new RuleFault('the regular expression is invalid');
    return compiled.findings(text, global, budgetOfCall());
  };
  environment
    .registerFunction(`string.${linearMatches}(string): bool`, (text: string, pattern: string) => {
      const compiled = linearPattern(pattern);
      if (compiled === undefined) throw new RuleFault('the regular expression is invalid');
      return compiled.found(text, budgetOfCall());
    })
    .registerFunction(
      'string.find(string): string',
      (text: string, pattern: string) => find(text, pattern, false)[0] ?? '',
    )
    .registerFunction('string.findAll(string): list<string>', (text: string, pattern: string) => [
      ...find(text, pattern, true),
    ])
    .registerFunction('string.findAll(string, int): list<string>', (text: string, pattern: string, limit: bigint) =>
      limit < 0n ? [...find(text, pattern, true)] : find(text, pattern, true).slice(0, Number(limit)),
    )
    .registerFunction('string.charAt(int): string', (text: string, index: bigint) => {
      const characters = [...text];
      if (index < 0n || index > BigInt(characters.length)) throw new RuleFault('index out of range');
      return characters[Number(index)] ?? '';
    })
    .registerFunction('string.replace(string, string): string', (text: string, old: string, by: string) =>
      bounded(text, old, by).replaceAll(old, () => by),
    )
    .registerFunction(
      'string.replace(string, string, int): string',
      (text: string, old: string, by: string, times: bigint) =>
        times < 0n
          ? bounded(text, old, by).replaceAll(old, () => by)
          : replaceFirst(bounded(text, old, by), old, by, times),
    )
    .registerFunction('string.reverse(): string', (text: string) => [...text].reverse().join(''));
}

function bounded(text: string, old: string, by: string): string {
  const times = old === '' ? text.length + 1 : text.length / old.length;
  if (text.length + times * by.length > maxText) throw new Error('a text becomes too long');
  return text;
}

function replaceFirst(text: string, old: string, by: string, times: bigint): string {
  let left = times;
  return text.replaceAll(old, () => {
    left -= 1n;
    return left >= 0n ? by : old;
  });
}

function addLists(environment: Environment): void {
  class ListsNamespace {}
  environment
    .registerType('ListsNamespace', ListsNamespace)
    .registerConstant('lists', 'ListsNamespace', new ListsNamespace())
    .registerFunction('ListsNamespace.range(int): list<int>', (_: Value, size: bigint) => {
      if (size > 1_000n) throw new Error('a list becomes too long');
      return Array.from({ length: Number(size) }, (_value, index) => BigInt(index));
    })
    .registerFunction('list.isSorted(): bool', (list: readonly Value[]) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', (list: readonly Value[]) => list.reduce<Value>(plus, 0n))
    .registerFunction('list.min(): dyn', (list: readonly Value[]) => extreme(list, -1))
    .registerFunction('list.max(): dyn', (list: readonly Value[]) => extreme(list, 1))
    .registerFunction('list.indexOf(dyn): int', (list: readonly Value[], item: Value) =>
      BigInt(list.findIndex((other) => keyOf(other) === keyOf(item))),
    )
    .registerFunction('list.lastIndexOf(dyn): int', (list: readonly Value[], item: Value) =>
      BigInt(list.findLastIndex((other) => keyOf(other) === keyOf(item))),
    )
    .registerFunction('list.reverse(): list<dyn>', (list: readonly Value[]) => list.toReversed())
    .registerFunction('list.sort(): list<dyn>', (list: readonly Value[]) => list.toSorted(compare))
    .registerFunction('list.distinct(): list<dyn>', (list: readonly Value[]) => {
      const seen = new Set<string>();
      return list.filter((item) => {
        const isNew = !seen.has(keyOf(item));
        seen.add(keyOf(item));
        return isNew;
      });
    })
    .registerFunction('list.flatten(): list<dyn>', (list: readonly Value[]) => list.flat())
    .registerFunction('list.slice(int, int): list<dyn>', (list: readonly Value[], start: bigint, end: bigint) => {
      if (start < 0n || end < start || end > BigInt(list.length)) throw new RuleFault('index out of range');
      return list.slice(Number(start), Number(end));
    });
}

function addSets(environment: Environment): void {
  class SetsNamespace {}
  const has = (list: readonly Value[]) => {
    const keys = new Set(list.map(keyOf));
    return (item: Value) => keys.has(keyOf(item));
  };
  environment
    .registerType('SetsNamespace', SetsNamespace)
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerFunction(
      'SetsNamespace.contains(list, list): bool',
      (_: Value, all: readonly Value[], some: readonly Value[]) => some.every(has(all)),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: Value, one: readonly Value[], two: readonly Value[]) => one.every(has(two)) && two.every(has(one)),
    )
    .registerFunction(
      'SetsNamespace.intersects(list, list): bool',
      (_: Value, one: readonly Value[], two: readonly Value[]) => one.some(has(two)),
    );
}

function addQuantities(environment: Environment): void {
  class QuantityValue {
    readonly value: Quantity;
    constructor(value: Quantity) {
      this.value = value;
    }
  }
  const read = (text: string) => {
    const value = quantityOf(text);
    if (value === undefined) throw new RuleFault('not a quantity');
    return new QuantityValue(value);
  };
  const asQuantity = (value: QuantityValue | bigint) =>
    typeof value === 'bigint' ? { digits: value, scale: 0 } : value.value;
  const order = (one: QuantityValue, two: QuantityValue) => compareQuantities(one.value, two.value);
  environment
    .registerType('kubernetes.Quantity', { ctor: QuantityValue, fields: {} })
    .registerFunction('quantity(string): kubernetes.Quantity', read)
    .registerFunction('isQuantity(string): bool', isQuantityText)
    .registerFunction(
      'kubernetes.Quantity.isLessThan(kubernetes.Quantity): bool',
      (one: QuantityValue, two: QuantityValue) => order(one, two) < 0,
    )
    .registerFunction(
      'kubernetes.Quantity.isGreaterThan(kubernetes.Quantity): bool',
      (one: QuantityValue, two: QuantityValue) => order(one, two) > 0,
    )
    .registerFunction(
      'kubernetes.Quantity.compareTo(kubernetes.Quantity): int',
      (one: QuantityValue, two: QuantityValue) => BigInt(order(one, two)),
    )
    .registerFunction('kubernetes.Quantity.sign(): int', (one: QuantityValue) =>
      BigInt(compareQuantities(one.value, { digits: 0n, scale: 0 })),
    )
    .registerFunction(
      'kubernetes.Quantity.add(dyn): kubernetes.Quantity',
      (one: QuantityValue, two: QuantityValue | bigint) =>
        new QuantityValue(quantitySum(one.value, asQuantity(two), 1n)),
    )
    .registerFunction(
      'kubernetes.Quantity.sub(dyn): kubernetes.Quantity',
      (one: QuantityValue, two: QuantityValue | bigint) =>
        new QuantityValue(quantitySum(one.value, asQuantity(two), -1n)),
    );
}

function addAddresses(environment: Environment): void {
  environment
    .registerFunction('isIP(string): bool', (text: string) => isAddress(text))
    .registerFunction('isCIDR(string): bool', (text: string) => isNetwork(text));
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text)
    ? text.split('.').every((part) => part === '0' || !part.startsWith('0'))
    : text.includes(':') && !text.includes('%') && !text.includes('.') && ipaddr.IPv6.isValid(text);
}

function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  return (
    more.length === 0 &&
    /^(?:0|[1-9]\d{0,2})$/.test(bits) &&
    isAddress(address) &&
    Number(bits) <= (address.includes(':') ? 128 : 32)
  );
}

function plus(sum: Value, item: Value): Value {
  if (typeof sum === 'bigint' && typeof item === 'bigint') return sum + item;
  if (typeof sum === 'bigint' && sum === 0n) return item;
  if (typeof sum === 'number' && typeof item === 'number') return sum + item;
  throw new Error('these are not added up here');
}

function extreme(list: readonly Value[], sign: 1 | -1): Value {
  if (list.length === 0) throw new RuleFault('of an empty list');
  return list.reduce((best, item) => (compare(item, best) * sign > 0 ? item : best));
}

function compare(one: Value, two: Value): number {
  if (isOrdered(one) && isOrdered(two)) return one < two ? -1 : one > two ? 1 : 0;
  throw new Error('these have no order here');
}

function isOrdered(value: Value): value is bigint | number | string | boolean {
  return ['bigint', 'number', 'string', 'boolean'].includes(typeof value);
}

/** Equal for what CEL calls equal, for values of JSON. */
function keyOf(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(keyOf).join(',')}]`;
  if (value instanceof Map)
    return `{${[...value]
      .map(([name, member]) => `${keyOf(name)}:${keyOf(member)}`)
      .sort()
      .join(',')}}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean' || value === null)
    return String(value);
  throw new Error('these are not compared here');
}
