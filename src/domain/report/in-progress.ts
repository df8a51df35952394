import type { CommitSha } from '../identity.ts';
import type { CheckName, CheckText } from './check.ts';

/** What a check says while its answer is not known yet. */
export function inProgress(name: CheckName, sha: CommitSha): CheckText {
  const commit = `\`${sha.slice(0, 12)}\``;
  switch (name) {
    case 'planwright/plan':
      return {
        title: 'Planning',
        summary: `Rendering ${commit} and asking the clusters what it would change. Nothing is changed by that.`,
      };
    case 'planwright/gate':
      return { title: 'Waiting for the plan', summary: `Who has to approve ${commit} is known when its plan is.` };
    case 'planwright/deploy':
      return { title: 'Deploying', summary: `Looking at what ${commit} changes and who approved it.` };
  }
}
