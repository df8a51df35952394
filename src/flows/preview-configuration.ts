import type { Environment } from '../domain/config/config.ts';
import { compareConfigurations, type NewConfiguration } from '../domain/config/new-configuration.ts';
import type { Rule } from '../domain/config/rule.ts';
import type { MatchedRule } from '../domain/gate/matched-rule.ts';
import type { Repository } from '../domain/identity.ts';
import { type ConfigurationFound, configurationPath, targetsIn } from './find-targets.ts';
import type { Checkout } from './ports/checkout.ts';
import { type SourceTree, textOf } from './render-stack.ts';

type UsableConfiguration = Exclude<ConfigurationFound, { readonly kind: 'invalid' }>;

/** What a head's configuration would decide as far as git tells, with its rules still to be matched. */
export type ConfigurationPreview = Omit<NewConfiguration, 'rules'> & { readonly rules: readonly Rule[] };

/** The head's configuration beside the base's, for what would be merged. */
export async function previewConfiguration(
  { checkout }: { readonly checkout: Pick<Checkout, 'readFiles'> },
  repository: Repository,
  at: {
    readonly found: UsableConfiguration;
    readonly next: UsableConfiguration;
    readonly base: SourceTree;
    readonly merge: SourceTree;
  },
): Promise<ConfigurationPreview> {
  const sideOf = async (found: UsableConfiguration, tree: SourceTree) => {
    const read = (await checkout.readFiles(repository, tree.at, [configurationPath])).get(configurationPath);
    const text = textOf(configurationPath, read);
    return {
      text: text.kind === 'text' ? text.text : undefined,
      environments: found.kind === 'none' ? new Map<string, Environment>() : found.configuration.environments,
      // What is only discovered is never deployed.
      targets: found.kind === 'none' ? [] : targetsIn(found.configuration, at.merge).targets.map(({ name }) => name),
    };
  };
  return {
    ...compareConfigurations(await sideOf(at.found, at.base), await sideOf(at.next, at.merge)),
    rules: at.next.kind === 'none' ? [] : at.next.configuration.rules,
  };
}

/** The preview once the head's rules were matched with the changes, beside those of the base that were. */
export function newConfiguration(
  preview: ConfigurationPreview,
  matched: { readonly before: readonly MatchedRule[]; readonly after: readonly MatchedRule[] },
): NewConfiguration {
  const before = new Set(matched.before.map(({ name }) => name));
  const after = new Set(matched.after.map(({ name }) => name));
  return { ...preview, rules: { asked: [...after], dropped: [...before.difference(after)] } };
}
