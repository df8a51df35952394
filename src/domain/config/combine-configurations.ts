import type { Configuration, Environment } from './config.ts';
import { type ApprovalSource, type Rule, sourceText } from './rule.ts';
import type { SharedConfiguration, SharedEnvironment } from './shared-configuration.ts';

/**
 * What a repository's own file says together with what its organization and the server ask: all rules, the larger number of approvals, and an override
 * only where each file that speaks of it allows it. Nothing that any of them asks is weakened; the order does not matter.
 */
export function combineConfigurations(own: Configuration, shared: readonly SharedConfiguration[]): Configuration {
  const environments = [...own.environments].map(([name, environment]) => {
    const others = shared.flatMap((each) => each.environments.get(name) ?? []);
    return [name, combineEnvironment(environment, others)] as const;
  });
  const rules = [...own.rules, ...shared.flatMap((each) => each.rules)];
  return { ...own, environments: new Map(environments), rules: rules.map((rule) => withSharedOverride(rule, rules)) };
}

function combineEnvironment(own: Environment, others: readonly SharedEnvironment[]): Environment {
  const approvals = Math.max(own.approvals, ...others.map((other) => other.approvals ?? 0));
  const overrides = [own, ...others].flatMap(({ override }) => (override === undefined ? [] : [override]));
  const override = overrides.length === 0 ? undefined : overrides.reduce(inBoth);
  return { ...own, approvals, ...(override === undefined ? {} : { override }) };
}

/** `/override NAME` means every rule of that name, whoever wrote it. */
function withSharedOverride(rule: Rule, rules: readonly Rule[]): Rule {
  const namesakes = rules.filter(({ name }) => name === rule.name);
  return namesakes.length === 1
    ? rule
    : { ...rule, override: namesakes.map(({ override }) => override).reduce(inBoth) };
}

/** Sources that both lists let through: a maintainer passes where writers may, nobody passes because teams happen to have common members. */
function inBoth(left: readonly ApprovalSource[], right: readonly ApprovalSource[]): readonly ApprovalSource[] {
  const kept = [
    ...left.filter((source) => right.some((other) => isWithin(source, other))),
    ...right.filter((source) => left.some((other) => isWithin(source, other))),
  ];
  return [...new Map(kept.map((source) => [sourceText(source), source])).values()];
}

const roles = ['write', 'maintain', 'admin'] as const;

/** Everybody of the first source is of the second one. */
function isWithin(source: ApprovalSource, other: ApprovalSource): boolean {
  if (source.kind === 'role' && other.kind === 'role') return roles.indexOf(source.role) >= roles.indexOf(other.role);
  return sourceText(source).toLowerCase() === sourceText(other).toLowerCase();
}
