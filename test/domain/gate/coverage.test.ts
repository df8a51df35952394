import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Approval, type Coverage, coverage } from '../../../src/domain/gate/coverage.ts';
import { clusterUid, parseTargetName } from '../../../src/domain/identity.ts';
import {
  absent,
  type Effect,
  type EffectAction,
  type EffectValue,
  type Move,
  sameValue,
} from '../../../src/domain/plan/effect.ts';
import { effect, json, object, plan } from '../plan-builder.ts';

function step(before: unknown, after: unknown, overrides: Partial<Effect> = {}): Effect {
  const value = (side: unknown): EffectValue => (side === undefined ? absent : json(side));
  return effect({ before: value(before), after: value(after), ...overrides });
}

function approves(personId: number, ...effects: readonly Effect[]): Approval {
  return { personId, effects };
}

function covers(
  moves: readonly Effect[],
  approvals: readonly Approval[],
  more: { needed?: number; promised?: readonly Effect[]; outcome?: EffectValue; outcomeOrder?: EffectValue } = {},
): Coverage {
  const { promised } = more;
  return coverage({
    plan: {
      ...plan(),
      moves: moves.map(
        ({ object: identity, action, path, before, after }): Move => ({
          object: identity,
          action,
          path,
          before,
          after,
        }),
      ),
    },
    approvals,
    needed: more.needed ?? 1,
    ...(promised === undefined
      ? {}
      : {
          promised: {
            moves: promised,
            outcome: ({ path }) =>
              (path.endsWith('[*]') ? (more.outcomeOrder ?? more.outcome) : more.outcome) ?? absent,
          },
        }),
  });
}

const covered = { kind: 'covered' };
const uncovered = { kind: 'uncovered' };

describe('a plan is covered', () => {
  test('by the approval of its own effects', () => {
    expect(covers([step(1, 2)], [approves(1, step(1, 2))])).toEqual(covered);
    expect(covers([step(1, 2)], [])).toEqual({
      kind: 'uncovered',
      unapproved: [expect.objectContaining({ after: json(2) })],
      missing: [],
    });
  });

  test('by a chain through the approvals of several pull requests', () => {
    const chain = [approves(1, step(1, 2)), approves(2, step(2, 3))];
    expect(covers([step(1, 3)], chain)).toEqual(covered);
    expect(covers([step(1, 2)], chain)).toEqual(covered);
    expect(covers([step(1, 4)], chain)).toMatchObject(uncovered);
    expect(covers([step(3, 1)], chain)).toMatchObject(uncovered);
    expect(covers([step(1, 3)], [approves(1, step(1, 2)), approves(2, step(4, 3))])).toMatchObject(uncovered);
  });

  test('by a chain of one field only', () => {
    const other = step(2, 3, { path: 'spec.minReadySeconds' });
    expect(covers([step(1, 3)], [approves(1, step(1, 2), other)])).toMatchObject(uncovered);
    const elsewhere = step(2, 3, { object: object('apps/Deployment', 'web/backend') });
    expect(covers([step(1, 3)], [approves(1, step(1, 2), elsewhere)])).toMatchObject(uncovered);
  });

  test('when it moves nothing', () => {
    expect(covers([], [])).toEqual(covered);
    expect(covers([], [], { needed: 5 })).toEqual(covered);
  });

  test('whatever it does where nobody has to approve', () => {
    expect(
      covers([step(1, 2), step(undefined, 1, { action: 'delete' })], [], { needed: 0, promised: [step(1, 2)] }),
    ).toEqual(covered);
  });

  test('not by approvals for another target or cluster', () => {
    expect(covers([step(1, 2)], [approves(1, step(1, 2, { target: parseTargetName('web@staging') }))])).toMatchObject(
      uncovered,
    );
    expect(covers([step(1, 2)], [approves(1, step(1, 2, { cluster: clusterUid('another') }))])).toMatchObject(
      uncovered,
    );
    const unknown = coverage({
      plan: { ...plan({ cluster: { name: 'production', uid: undefined } }), moves: [step(1, 2)] },
      approvals: [approves(1, step(1, 2))],
      needed: 1,
    });
    expect(unknown).toMatchObject(uncovered);
  });

  test('not by a secret that is another, nor by the value that it stands for', () => {
    const secret = (hmac: string): EffectValue => ({ kind: 'secret', hmac });
    const move = effect({ before: secret('a'), after: secret('b') });
    expect(covers([move], [approves(1, move)])).toEqual(covered);
    expect(covers([move], [approves(1, effect({ before: secret('a'), after: secret('c') }))])).toMatchObject(uncovered);
    expect(covers([move], [approves(1, step('a', 'b'))])).toMatchObject(uncovered);
  });
});

describe('the number of people who are needed', () => {
  test('counts people, not approvals', () => {
    const same = [approves(1, step(1, 2)), approves(1, step(1, 2))];
    expect(covers([step(1, 2)], same, { needed: 2 })).toMatchObject(uncovered);
    expect(covers([step(1, 2)], [...same, approves(2, step(1, 2))], { needed: 2 })).toEqual(covered);
  });

  test('holds for each step, whoever approved which', () => {
    const [first, second] = [step(1, 2), step(2, 3)];
    const mixed = [approves(1, first), approves(2, first), approves(3, second), approves(4, second)];
    expect(covers([step(1, 3)], mixed, { needed: 2 })).toEqual(covered);
    expect(covers([step(1, 3)], mixed.slice(0, 3), { needed: 2 })).toMatchObject(uncovered);
  });

  test('does not add approvals of different actions', () => {
    const both = [approves(1, step(1, 2)), approves(2, step(1, 2, { action: 'replace' }))];
    expect(covers([step(1, 2)], both, { needed: 2 })).toMatchObject(uncovered);
  });
});

describe('what happens to the object', () => {
  const ways: readonly EffectAction[] = ['create', 'update', 'replace', 'delete'];

  test.each<[EffectAction, readonly EffectAction[]]>([
    ['create', ['create']],
    ['update', ways],
    ['replace', ['replace', 'delete']],
    ['delete', ['delete']],
  ])('to %s needs one of %j', (action, enough) => {
    const allowed = ways.filter(
      (approved) =>
        covers([step(1, 2, { action })], [approves(1, step(1, 2, { action: approved }))]).kind === 'covered',
    );
    expect(allowed).toEqual(enough);
  });

  test('is approved by the chain as a whole', () => {
    const chain = approves(
      1,
      step(undefined, 1, { action: 'create' }),
      step(1, 2),
      step(2, 3, { action: 'replace' }),
      step(3, undefined, { action: 'delete' }),
    );
    expect(covers([step(undefined, 2, { action: 'create' })], [chain])).toEqual(covered);
    expect(covers([step(1, undefined, { action: 'delete' })], [chain])).toEqual(covered);
    expect(covers([step(1, 3, { action: 'replace' })], [chain])).toEqual(covered);
    const [created, updated, replaced] = chain.effects;
    const shorter = approves(1, ...[created, updated, replaced].filter((one) => one !== undefined));
    expect(covers([step(1, 2, { action: 'replace' })], [shorter])).toMatchObject(uncovered);
    expect(covers([step(1, 2, { action: 'create' })], [shorter])).toMatchObject(uncovered);
  });

  test('finds the chain that allows it among several', () => {
    const both = approves(1, step(1, 2), step(1, 9), step(9, 2, { action: 'replace' }), step(2, 1));
    expect(covers([step(1, 2, { action: 'replace' })], [both])).toEqual(covered);
  });

  test('that a replacement leaves every field as it is has to be approved as well', () => {
    const replacement = step('apps/v1', 'apps/v1', { path: 'apiVersion', action: 'replace' });
    expect(covers([replacement], [])).toMatchObject(uncovered);
    expect(covers([replacement], [approves(1, replacement)])).toEqual(covered);
  });
});

describe('what was promised', () => {
  const promised = [step(1, 2)];

  test('may be missing only when it is live already', () => {
    expect(covers([], [approves(1, ...promised)], { promised, outcome: json(2) })).toEqual(covered);
    expect(covers([], [approves(1, ...promised)], { promised, outcome: json(1) })).toMatchObject({
      kind: 'uncovered',
      unapproved: [],
      missing: [{ after: json(2) }],
    });
    expect(covers([], [approves(1, ...promised)], { promised, outcome: absent })).toMatchObject(uncovered);
  });

  test('may have been passed by what was approved later', () => {
    const later = approves(2, step(2, 3));
    expect(covers([], [approves(1, ...promised), later], { promised, outcome: json(3) })).toEqual(covered);
    expect(covers([], [approves(1, ...promised)], { promised, outcome: json(3) })).toMatchObject(uncovered);
  });

  test('is asked about no more where the plan moves the field anyway', () => {
    expect(covers([step(1, 3)], [approves(1, step(1, 3))], { promised, outcome: json(3) })).toEqual(covered);
  });

  test('of an order is kept by what agrees with it', () => {
    const order = step(['a', 'b'], ['b', 'a'], { path: 'spec.list[*]' });
    expect(covers([], [approves(1, order)], { promised: [order], outcome: json(['b', 'x', 'a']) })).toEqual(covered);
    expect(covers([], [approves(1, order)], { promised: [order], outcome: json(['a', 'b']) })).toMatchObject(uncovered);
    const back = step(['b', 'a'], ['a', 'b'], { path: 'spec.list[*]' });
    expect(
      covers([], [approves(1, order), approves(2, back)], { promised: [order], outcome: json(['a', 'b']) }),
    ).toEqual(covered);
  });
});

describe('the order of a list', () => {
  const order = (before: readonly string[] | undefined, after: readonly string[], action: EffectAction = 'update') =>
    step(before, after, { path: 'spec.list[*]', action });

  test('is covered whatever other items came and went', () => {
    expect(covers([order(['x', 'a', 'b'], ['b', 'a'])], [approves(1, order(['a', 'b'], ['b', 'a']))])).toEqual(covered);
    expect(
      covers(
        [order(['a', 'b'], ['b', 'a', 'y'])],
        [approves(1, order(['a', 'b'], ['b', 'a']), order(['a'], ['a', 'y']))],
      ),
    ).toEqual(covered);
  });

  test('is covered by the steps of several pull requests', () => {
    const approved = approves(1, order(['a', 'b', 'c'], ['b', 'a', 'c']), order(['b', 'a', 'c'], ['b', 'c', 'a']));
    expect(covers([order(['a', 'b', 'c'], ['b', 'c', 'a'])], [approved])).toEqual(covered);
    expect(covers([order(['a', 'b', 'c'], ['c', 'b', 'a'])], [approved])).toMatchObject(uncovered);
  });

  test('is not covered by the reordering of other items', () => {
    expect(covers([order(['a', 'b'], ['b', 'a'])], [approves(1, order(['x', 'y'], ['y', 'x']))])).toMatchObject(
      uncovered,
    );
    expect(
      covers([order(['a', 'b'], ['b', 'a'])], [approves(1, order(['c', 'd', 'a'], ['d', 'c', 'a']))]),
    ).toMatchObject(uncovered);
  });

  test('of a created list is the one that was approved', () => {
    const created = order(undefined, ['a', 'b'], 'create');
    expect(covers([created], [approves(1, created)])).toEqual(covered);
    expect(covers([created], [approves(1, order(undefined, ['b', 'a'], 'create'))])).toMatchObject(uncovered);
  });

  test('that needs a replacement needs the approval of one', () => {
    expect(
      covers([order(['a', 'b'], ['b', 'a'], 'replace')], [approves(1, order(['a', 'b'], ['b', 'a']))]),
    ).toMatchObject(uncovered);
    expect(
      covers([order(['a', 'b'], ['b', 'a'], 'replace')], [approves(1, order(['a', 'b'], ['b', 'a'], 'replace'))]),
    ).toEqual(covered);
  });

  test('needs as many people as any effect', () => {
    const move = order(['a', 'b'], ['b', 'a']);
    expect(covers([move], [approves(1, move)], { needed: 2 })).toMatchObject(uncovered);
    expect(covers([move], [approves(1, move), approves(2, move)], { needed: 2 })).toEqual(covered);
  });
});

describe('any approvals', () => {
  const actions = fc.constantFrom<EffectAction>('create', 'update', 'replace', 'delete');
  const value = fc.constantFrom(undefined, 1, 2, 3, 4);
  const scalarStep = fc
    .record({ before: value, after: value, action: actions })
    .map(({ before, after, action }) => step(before, after, { action }));
  const names = fc.shuffledSubarray(['a', 'b', 'c', 'd']);
  const orderStep = fc.tuple(names, names).map(([before, after]) => step(before, after, { path: 'spec.list[*]' }));
  const anyStep = fc.oneof(scalarStep, orderStep);
  const approval = fc.record({
    personId: fc.integer({ min: 1, max: 3 }),
    effects: fc.array(anyStep, { maxLength: 5 }),
  });
  const approvals = fc.array(approval, { maxLength: 6 });
  const question = fc.record({
    moves: fc.array(anyStep, { maxLength: 3 }),
    approvals,
    needed: fc.integer({ min: 0, max: 2 }),
    promised: fc.array(anyStep, { maxLength: 2 }),
    outcome: fc.constantFrom(absent, json(1)),
    outcomeOrder: fc.constantFrom(absent, json(['a', 'b']), json(['c', 'b', 'a'])),
  });

  test('that come in addition never uncover a plan, and those that go never cover one', () => {
    fc.assert(
      fc.property(question, approval, ({ moves, approvals: all, ...rest }, more) => {
        const without = covers(moves, all, rest);
        const having = covers(moves, [...all, more], rest);
        expect(without.kind === 'uncovered' || having.kind === 'covered').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('cover what needs fewer people when they cover what needs more', () => {
    fc.assert(
      fc.property(question, ({ moves, approvals: all, ...rest }) => {
        const strict = covers(moves, all, { ...rest, needed: rest.needed + 1 });
        expect(strict.kind === 'uncovered' || covers(moves, all, rest).kind === 'covered').toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('do not depend on their order, nor on how they are told apart', () => {
    fc.assert(
      fc.property(question, ({ moves, approvals: all, ...rest }) => {
        const asGiven = covers(moves, all, rest);
        const turned = all.map((one) => ({ ...one, effects: [...one.effects].reverse() })).reverse();
        const split = all.flatMap(({ personId, effects }) => effects.map((one) => ({ personId, effects: [one] })));
        expect(covers(moves, turned, rest)).toEqual(asGiven);
        expect(covers(moves, split, rest)).toEqual(asGiven);
      }),
      { numRuns: 500 },
    );
  });

  test('cover a move exactly when some walk through the approved steps makes it', () => {
    fc.assert(
      fc.property(scalarStep, fc.array(scalarStep, { maxLength: 6 }), (move, steps) => {
        expect(covers([move], [approves(1, ...steps)]).kind === 'covered').toBe(walks(move, steps));
      }),
      { numRuns: 2000 },
    );
  });

  test('that lead in circles are searched to an end', () => {
    const ring = Array.from({ length: 60 }, (_, index) =>
      step(index, (index + 1) % 60, { action: (['update', 'replace', 'create'] as const)[index % 3] ?? 'update' }),
    );
    const chords = Array.from({ length: 60 }, (_, index) => step(index, (index * 7) % 60));
    expect(covers([step(0, 'nowhere')], [approves(1, ...ring, ...chords)])).toMatchObject(uncovered);
    expect(covers([step(0, 59)], [approves(1, ...ring, ...chords)])).toEqual(covered);
  });

  /** The definition, tried out: all walks, which may go through each of six steps on the way to the one that decides, and again from there. */
  function walks(move: Effect, steps: readonly Effect[]): boolean {
    let ends: { value: EffectValue; actions: readonly EffectAction[] }[] = [{ value: move.before, actions: [] }];
    for (let length = 1; length <= 20; length += 1) {
      const next = ends.flatMap(({ value: at, actions: done }) =>
        steps
          .filter((one) => sameValue(one.before, at))
          .map((one) => ({ value: one.after, actions: [...done, one.action] })),
      );
      const distinct = new Map(
        next.map((end) => [
          JSON.stringify([
            end.value,
            end.actions[0],
            end.actions.at(-1),
            end.actions.some((one) => one === 'replace' || one === 'delete'),
          ]),
          end,
        ]),
      );
      ends = [...distinct.values()];
      const done = ends.some(({ value: at, actions: all }) => {
        if (!sameValue(at, move.after)) return false;
        if (move.action === 'create') return all[0] === 'create';
        if (move.action === 'delete') return all.at(-1) === 'delete';
        return move.action === 'update' || all.includes('replace') || all.includes('delete');
      });
      if (done) return true;
    }
    return false;
  }
});
