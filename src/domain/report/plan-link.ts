import type { CommitSha, PlanDigest, TargetName } from '../identity.ts';

/** What a link needs to know of a plan. */
export interface LinkedPlan {
  readonly digest: PlanDigest;
  readonly target: TargetName;
  readonly head: CommitSha;
  readonly effects: readonly unknown[];
}

/**
 * The address of a plan's page. Plans without effects share a digest, whatever their target, so that theirs says which one is meant.
 *
 * @param url of the server, without a slash at the end
 */
export function planLink(url: string, { digest, target, head, effects }: LinkedPlan): string {
  const page = `${url}/plans/${digest}`;
  return effects.length > 0 ? page : `${page}?target=${escaped(target)}&head=${head}`;
}

/** Also what would end a link in Markdown. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*~_]/g,
    (character) => `%${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}`,
  );
}
