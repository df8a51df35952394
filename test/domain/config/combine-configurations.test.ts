import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combineConfigurations } from '../../../src/domain/config/combine-configurations.ts';
import type { Configuration } from '../../../src/domain/config/config.ts';
import { type ApprovalSource, type Rule, type RuleOrigin, sourceText } from '../../../src/domain/config/rule.ts';
import type { SharedConfiguration } from '../../../src/domain/config/shared-configuration.ts';

const sre: ApprovalSource = { kind: 'team', slug: 'sre' };
const bob: ApprovalSource = { kind: 'user', login: 'bob' };
const role = (name: 'write' | 'maintain' | 'admin'): ApprovalSource => ({ kind: 'role', role: name });

const rule = (name: string, origin: RuleOrigin, override: readonly ApprovalSource[] = []): Rule => ({
  name,
  origin,
  when: undefined,
  outcome: { kind: 'deny', reason: 'No.' },
  override,
  position: { path: origin, line: 1, column: 1 },
});

function own(environment: { approvals: number; override?: readonly ApprovalSource[] }, rules: readonly Rule[] = []) {
  const production = { name: 'production', cluster: 'main', after: ['staging'], ...environment };
  const configuration: Configuration = {
    apply: { kind: 'after-merge' },
    stacks: [],
    environments: new Map([['production', production]]),
    rules,
  };
  return configuration;
}

const shared = (
  production: { readonly approvals?: number; readonly override?: readonly ApprovalSource[] } | undefined,
  rules: readonly Rule[] = [],
): SharedConfiguration => ({
  environments: new Map(
    production && [['production', { approvals: production.approvals, override: production.override }]],
  ),
  rules,
});

const production = (configuration: Configuration) => configuration.environments.get('production');

describe('a repository, its organization and the server together', () => {
  it('ask for the larger number of approvals', () => {
    const asked = (mine: number, ...theirs: number[]) =>
      production(
        combineConfigurations(
          own({ approvals: mine }),
          theirs.map((approvals) => shared({ approvals })),
        ),
      )?.approvals;

    expect(asked(1, 2)).toBe(2);
    expect(asked(3, 2)).toBe(3);
    expect(asked(0, 1, 2)).toBe(2);
    expect(asked(2)).toBe(2);
  });

  it('keep the clusters and the order of the repository, and add no environment to it', () => {
    const others: SharedConfiguration = {
      environments: new Map([['elsewhere', { approvals: 9, override: [] }]]),
      rules: [],
    };

    expect(combineConfigurations(own({ approvals: 1 }), [others])).toEqual(own({ approvals: 1 }));
  });

  it('have all rules, those of one name from several files, too', () => {
    const combined = combineConfigurations(own({ approvals: 1 }, [rule('a', 'repository')]), [
      shared(undefined, [rule('a', 'organization'), rule('b', 'organization')]),
      shared(undefined, [rule('c', 'server')]),
    ]);

    expect(combined.rules.map(({ name, origin }) => `${name} ${origin}`)).toEqual([
      'a repository',
      'a organization',
      'b organization',
      'c server',
    ]);
  });

  it("leave an environment's override to whoever speaks of its approvals", () => {
    const overrides = (
      mine: { override?: readonly ApprovalSource[] },
      theirs: { override?: readonly ApprovalSource[] },
    ) => production(combineConfigurations(own({ approvals: 1, ...mine }), [shared(theirs)]))?.override;

    expect(overrides({}, { override: [sre] })).toEqual([sre]);
    expect(overrides({ override: [sre] }, {})).toEqual([sre]);
    expect(overrides({ override: [sre] }, { override: [] })).toEqual([]);
    expect(overrides({ override: [] }, { override: [sre] })).toEqual([]);
    expect(overrides({ override: [sre, bob] }, { override: [{ kind: 'team', slug: 'SRE' }] })).toHaveLength(2);
    expect(overrides({ override: [role('write')] }, { override: [role('admin'), role('maintain')] })).toEqual([
      role('admin'),
      role('maintain'),
    ]);
    expect(overrides({ override: [role('admin')] }, { override: [sre] })).toEqual([]);
  });

  it('let a name be overridden only by whom every rule of that name lets', () => {
    const combined = combineConfigurations(own({ approvals: 1 }, [rule('a', 'repository', [bob, role('write')])]), [
      shared(undefined, [rule('a', 'organization', [role('maintain')]), rule('b', 'organization', [bob])]),
    ]);

    expect(combined.rules.map(({ override }) => override)).toEqual([[role('maintain')], [role('maintain')], [bob]]);
  });
});

describe('combining', () => {
  const source = fc.constantFrom(sre, bob, role('write'), role('maintain'), role('admin'));
  const sources = fc.uniqueArray(source, { maxLength: 3, selector: sourceText });
  const rules = (origin: RuleOrigin) =>
    fc.array(
      fc.record({ name: fc.constantFrom('a', 'b'), override: sources }).map((of) => rule(of.name, origin, of.override)),
      { maxLength: 3 },
    );
  const environment = fc.record({ approvals: fc.nat(5), override: sources }, { requiredKeys: ['approvals'] });
  const owned = fc.tuple(environment, rules('repository')).map(([of, all]) => own(of, all));
  const others = fc.array(
    fc
      .tuple(
        fc.option(fc.record({ approvals: fc.nat(5), override: sources }, { requiredKeys: [] }), { nil: undefined }),
        rules('server'),
      )
      .map(([of, all]) => shared(of, all)),
    { maxLength: 3 },
  );

  /** What somebody is: in the team, of the name, of the role. */
  const person = fc.record({
    sre: fc.boolean(),
    bob: fc.boolean(),
    role: fc.constantFrom('write', 'maintain', 'admin'),
  });
  const isAny = (who: { sre: boolean; bob: boolean; role: string }, of: readonly ApprovalSource[] | undefined) => {
    const order = ['write', 'maintain', 'admin'];
    return (of ?? []).some((each) => {
      if (each.kind === 'role') return order.indexOf(who.role) >= order.indexOf(each.role);
      return each.kind === 'team' ? who.sre : who.bob;
    });
  };

  it('never weakens: no rule is lost, no number shrinks, and whoever may override could by every file that speaks of it', () => {
    fc.assert(
      fc.property(owned, others, person, (mine, theirs, who) => {
        const combined = combineConfigurations(mine, theirs);
        const all = [mine, ...theirs];
        for (const file of all) {
          const of = file.environments.get('production');
          expect(production(combined)?.approvals).toBeGreaterThanOrEqual(of?.approvals ?? 0);
          if (of?.override !== undefined && isAny(who, production(combined)?.override))
            expect(isAny(who, of.override)).toBe(true);
          for (const each of file.rules) {
            const kept = combined.rules.filter(({ name, origin }) => name === each.name && origin === each.origin);
            expect(kept.length).toBeGreaterThan(0);
            for (const one of kept) if (isAny(who, one.override)) expect(isAny(who, each.override)).toBe(true);
          }
        }
        expect(combined.rules).toHaveLength(all.reduce((count, file) => count + file.rules.length, 0));
      }),
    );
  });

  it('asks the same in whatever order the files come', () => {
    fc.assert(
      fc.property(owned, others, (mine, theirs) => {
        const asked = (configuration: Configuration) => ({
          approvals: production(configuration)?.approvals,
          override: production(configuration)?.override?.map(sourceText).toSorted(),
          rules: configuration.rules
            .map((each) => `${each.name} ${each.override.map(sourceText).toSorted()}`)
            .toSorted(),
        });
        expect(asked(combineConfigurations(mine, theirs.toReversed()))).toEqual(
          asked(combineConfigurations(mine, theirs)),
        );
      }),
    );
  });
});
