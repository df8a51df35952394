import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';

type Operator = 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** Decides by an object's labels whether it is selected. */
export type LabelSelector = (labels: JsonMap) => boolean;

const isMet = ({ key, operator, values }: Requirement, labels: JsonMap): boolean => {
  const value = labels[key];
  switch (operator) {
    case 'In':
      return typeof value === 'string' && values.includes(value);
    case 'NotIn':
      return typeof value !== 'string' || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
};

const requirementShapes: readonly { readonly shape: RegExp; readonly operator: Operator }[] = [
  { shape: /^(?<key>[^\s!=(),]+)\s*==?\s*(?<values>[^\s!=(),]*)$/, operator: 'In' },
  { shape: /^(?<key>[^\s!=(),]+)\s*!=\s*(?<values>[^\s!=(),]*)$/, operator: 'NotIn' },
  { shape: /^(?<key>[^\s!=(),]+)\s+in\s*\((?<values>[^()]*)\)$/, operator: 'In' },
  { shape: /^(?<key>[^\s!=(),]+)\s+notin\s*\((?<values>[^()]*)\)$/, operator: 'NotIn' },
  { shape: /^!\s*(?<key>[^\s!=(),]+)$/, operator: 'DoesNotExist' },
  { shape: /^(?<key>[^\s!=(),]+)$/, operator: 'Exists' },
];

function parseRequirement(text: string): Requirement | undefined {
  for (const { shape, operator } of requirementShapes) {
    const found = shape.exec(text)?.groups;
    if (found === undefined) continue;
    const values = (found.values ?? '').split(',').map((value) => value.trim());
    return { key: found.key ?? '', operator, values };
  }
  return undefined;
}

/** Reads the `labelSelector` of a request; undefined when it cannot be read. Commas inside parentheses do not separate. */
export function parseLabelSelector(text: string): LabelSelector | undefined {
  if (text.trim() === '') return () => true;
  const requirements: Requirement[] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const requirement = parseRequirement(part.trim());
    if (requirement === undefined) return undefined;
    requirements.push(requirement);
  }
  return (labels) => requirements.every((requirement) => isMet(requirement, labels));
}

const operators: readonly Operator[] = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** Whether labels match a `LabelSelector` object; one that asks for nothing matches nothing that could be meant. */
export function matchesLabelSelector(selector: JsonMap, labels: JsonMap): boolean {
  const equal = Object.entries(mapOf(selector.matchLabels)).every(([key, value]) => labels[key] === value);
  const expressions = listOf(selector.matchExpressions).map((value: Json): Requirement | undefined => {
    const { key, operator, values } = mapOf(value);
    const known = operators.find((candidate) => candidate === operator);
    return known && { key: textOf(key), operator: known, values: listOf(values).map(textOf) };
  });
  return equal && expressions.every((requirement) => requirement !== undefined && isMet(requirement, labels));
}
