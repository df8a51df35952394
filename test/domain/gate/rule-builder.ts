import { type ApprovalSource, sourceText } from '../../../src/domain/config/rule.ts';
import type { MatchedRule } from '../../../src/domain/gate/matched-rule.ts';
import type { OwnedFile, Standings } from '../../../src/domain/gate/standing.ts';
import { parseTargetName } from '../../../src/domain/identity.ts';
import type { person } from '../plan-builder.ts';

type Who = ReturnType<typeof person>;

/** `sources`: the people of each, as configurations write it; `sizes`: how many there are of each, where that is known; `troubles`: why nobody is known. */
export function standings(of: {
  readonly sources?: Readonly<Record<string, readonly Who[]>>;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly troubles?: Readonly<Record<string, string>>;
  readonly files?: readonly OwnedFile[];
}): Standings {
  return {
    of: (who, source) => {
      const people = of.sources?.[sourceText(source)];
      if (people === undefined) return { kind: 'unknown', reason: `there is no ${sourceText(source)}` };
      return { kind: people.some(({ id }) => id === who.id) ? 'yes' : 'no' };
    },
    size: (source) => of.sizes?.[sourceText(source)],
    trouble: (source) => of.troubles?.[sourceText(source)],
    ownedFiles: { kind: 'known', files: of.files ?? [] },
  };
}

export const nobodySpecial: Standings = standings({});

export const sre: ApprovalSource = { kind: 'team', slug: 'sre' };
export const platform: ApprovalSource = { kind: 'team', slug: 'platform' };

/** One person of team:sre for what web@production does to the claim. */
export function matchedRule(overrides: Partial<MatchedRule> = {}): MatchedRule {
  return {
    name: 'destroying data',
    origin: 'repository',
    outcome: { kind: 'require', count: 1, from: [sre] },
    override: [],
    targets: [parseTargetName('web@production')],
    objects: ['PersistentVolumeClaim web/data'],
    ...overrides,
  };
}
