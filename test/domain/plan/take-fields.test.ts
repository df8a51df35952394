import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/domain/json.ts';
import type { FieldConflict } from '../../../src/domain/plan/prediction.ts';
import { type ForceConflicts, mayTakeFields } from '../../../src/domain/plan/take-fields.ts';
import { applied, deployment, deploymentSchema, facts, planOf } from './object-builder.ts';

const replicas = (count: number) => deployment({ replicas: count });
const helm: FieldConflict = { manager: 'helm', field: '.spec.paused' };
const byHand: FieldConflict = { manager: 'kubectl-edit', field: '.spec.replicas' };
const drifted = facts({
  live: replicas(9),
  deployed: replicas(1),
  base: replicas(1),
  merge: replicas(1),
  schema: deploymentSchema,
});
const untouched = facts({ live: replicas(1), merge: replicas(2), schema: deploymentSchema });
const only = (...managers: readonly string[]): ForceConflicts => ({ kind: 'managers', managers });

describe('fields of other managers may be taken', () => {
  test.each([
    ['drift of our own, always', drifted, [byHand], { kind: 'none' }, true],
    ["a listed manager's", untouched, [helm], only('helm'), true],
    ["anybody's, where the stack says so", untouched, [helm, byHand], { kind: 'all' }, true],
    ["a listed manager's beside drift", drifted, [helm, byHand], only('helm'), true],
    ["nobody's else", untouched, [helm], { kind: 'none' }, false],
    ["no part of them when one is another's", untouched, [helm, byHand], only('helm'), false],
    ['none by a name that only begins so', untouched, [{ ...helm, manager: 'helm-controller' }], only('helm'), false],
    ['none where the API names none', untouched, [], { kind: 'all' }, false],
  ] as const)('%s', (_, about, conflicts, forceConflicts, expected) => {
    expect(mayTakeFields(about, conflicts, forceConflicts)).toBe(expected);
  });

  test('never those that another owns beside us, however the API server writes what we applied', () => {
    const limited = (cpu: string, metadata: JsonObject = {}) => deployment({ template: { spec: { cpu } } }, metadata);
    const fieldsV1 = { 'f:spec': { 'f:template': { 'f:spec': { 'f:cpu': {} } } } };
    const entry = {
      manager: 'planwright',
      operation: 'Apply',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1,
    };
    const shared = facts({
      live: limited('1', { managedFields: [entry] }),
      deployed: limited('1000m'),
      base: limited('1000m'),
      merge: limited('2'),
    });
    const theirs = { manager: 'vpa', field: '.spec.template.spec.cpu' };
    expect(mayTakeFields(shared, [theirs], { kind: 'none' })).toBe(false);
  });

  test('of an object without any record of managers, what the API server makes up for it', () => {
    const madeUp = { manager: 'before-first-apply', field: '.spec.replicas' };
    expect(mayTakeFields(untouched, [madeUp], { kind: 'none' })).toBe(true);
    const entry = { manager: 'before-first-apply', operation: 'Update', apiVersion: 'apps/v0', fieldsV1: {} };
    const recorded = facts({ live: deployment({ replicas: 1 }, { managedFields: [entry] }), merge: replicas(2) });
    expect(mayTakeFields(recorded, [madeUp], { kind: 'none' })).toBe(false);
  });

  test('and the plan says from whom, which fields, and in the same order each time', () => {
    const conflicts = [byHand, { ...helm, field: '.spec.strategy' }, helm];
    const notes = [conflicts, conflicts.toReversed()].map((each) => {
      const prediction = { kind: 'conflict', conflicts: each, message: 'conflict' } as const;
      const plan = planOf([{ ...untouched, prediction, takenBack: applied(replicas(2)) }]);
      expect(plan.problems).toEqual([]);
      return plan.changes[0]?.notes;
    });
    expect(notes[0]).toEqual([
      "takes spec.paused, spec.strategy from helm, as the stack's `force_conflicts` allows",
      "takes spec.replicas from kubectl-edit, as the stack's `force_conflicts` allows",
    ]);
    expect(notes[1]).toEqual(notes[0]);
  });
});
