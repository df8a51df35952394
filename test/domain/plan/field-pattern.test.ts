import { describe, expect, test } from 'vitest';
import type { PathSegment } from '../../../src/domain/plan/field-path.ts';
import { coversField, readIgnoredPattern } from '../../../src/domain/plan/field-pattern.ts';
import { pattern } from './object-builder.ts';

const field = (name: string): PathSegment => ({ kind: 'field', name });
const item = (...keys: readonly (readonly [string, string])[]): PathSegment => ({ kind: 'item', keys });
const containers = ['spec', 'template', 'spec', 'containers'].map(field);
const image = [...containers, item(['name', '"web"']), field('image')];
const nodePort = [field('spec'), field('ports'), item(['port', '80'], ['protocol', '"TCP"']), field('nodePort')];
const annotation = [field('metadata'), field('annotations'), field('example.com/note')];

describe('a field pattern', () => {
  test.each([
    ['spec.template.spec.containers[name=web].image', image],
    ['spec.template.spec.containers[name="web"].image', image],
    ['spec.template.spec.containers[name=w*].image', image],
    ['spec.template.spec.containers[*].image', image],
    ['spec.template.spec.containers[name=web]', image],
    ['spec.template', image],
    ['spec.**.image', image],
    ['**.image', image],
    ['spec.ports[port=80,protocol=TCP].nodePort', nodePort],
    ['spec.ports[*].node????', nodePort],
    ['metadata.annotations["example.com/note"]', annotation],
    ['metadata.annotations.*', annotation],
  ])('%s covers the field', (text, segments) => {
    expect(coversField([pattern(text)], segments)).toBe(true);
  });

  test.each([
    ['spec.replicas', image],
    ['spec.template.spec.containers[name=we].image', image],
    ['spec.*.image', image],
    ['spec.template.spec.containers.image', image],
    ['spec.template.spec.containers[name=web].image.tag', image],
    ['metadata.annotations["example.com"]', annotation],
  ])('%s does not', (text, segments) => {
    expect(coversField([pattern(text)], segments)).toBe(false);
  });

  test.each([
    ['', 'it names no field'],
    ['.spec', 'write it as plans show it'],
    ['spec..replicas', 'write it as plans show it'],
    ['spec.containers[name=web', 'write it as plans show it'],
    ['[name=web]', 'it must begin with a field'],
    ['metadata', 'every object needs its metadata'],
    ['metadata.name', 'every object needs its metadata.name'],
    ['*', 'every object needs its apiVersion'],
    ['kind', 'every object needs its kind'],
    ['**', 'it would cover the whole object'],
    [`spec.${'*a'.repeat(21)}`, 'it has more than 20 wildcards'],
  ])('%j is refused', (text, why) => {
    const read = readIgnoredPattern(text);
    expect(read.kind === 'invalid' ? read.message : read.kind).toContain(why);
  });

  test('costs no more than its length times that of the path, whatever it holds', () => {
    const hostile = pattern(`spec.${'**.a.'.repeat(9)}b`);
    const path = [field('spec'), ...Array.from({ length: 2000 }, () => field('a'))];
    const startMs = performance.now();
    expect(coversField([hostile], path)).toBe(false);
    expect(performance.now() - startMs).toBeLessThan(1000);
  });
});
