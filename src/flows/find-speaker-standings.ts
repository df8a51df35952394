import type { ApprovalSource } from '../domain/config/rule.ts';
import { atLeast, type Person } from '../domain/gate/people.ts';
import type { Standing, Standings } from '../domain/gate/standing.ts';
import type { PullRequest, PullRequests, Teams } from './ports/github.ts';

/** Whether somebody who speaks is one of those that the sources name, as GitHub says now. */
export async function findSpeakerStandings(
  ports: { readonly github: Pick<PullRequests, 'permission'> & Teams },
  { repository }: PullRequest,
  asked: { readonly person: Person; readonly sources: readonly ApprovalSource[] },
): Promise<Standings> {
  const { github } = ports;
  const { person } = asked;
  const yesOrNo = (yes: boolean): Standing => ({ kind: yes ? 'yes' : 'no' });
  const unknown = (error: unknown): Standing => ({
    kind: 'unknown',
    reason: error instanceof Error ? error.message : 'GitHub does not say',
  });
  const found = new Map<string, Standing>();
  for (const source of asked.sources) {
    if (source.kind === 'team')
      found.set(
        source.slug,
        await github.isTeamMember(repository, source.slug, person.login).then(yesOrNo).catch(unknown),
      );
  }
  const permission = await github.permission(repository, person.login).catch(() => undefined);
  return {
    of(_, source) {
      switch (source.kind) {
        case 'user':
          return yesOrNo(source.login.toLowerCase() === person.login.toLowerCase());
        case 'role':
          if (permission === undefined) return unknown('what this person may do here');
          return yesOrNo(atLeast(permission, source.role));
        case 'team':
          return found.get(source.slug) ?? unknown(undefined);
      }
    },
    size: () => undefined,
    ownedFiles: [],
  };
}
