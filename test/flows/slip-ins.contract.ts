import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { repo } from '../e2e/stage.ts';
import { type Change, type Kind, SlipInStory } from './slip-in-story.ts';

/**
 * When something slips in: after the review, before anybody decided on it; after the gate opened, before the merge; after the merge, before the target is
 * looked at for it; after that look, before the first write.
 */
export type Moment = 'approved' | 'open' | 'merged' | 'writing';

type Outcome =
  /** The gate is closed, and says so. */
  | { readonly gate: 'action_required' | 'failure'; readonly says: string }
  /** The deployment is held, and its issue says so. */
  | { readonly held: string }
  /** The API server refused the write, and the issue says so; `/apply` plans it again. */
  | { readonly failed: string }
  /** What was approved is deployed: it had been recorded at the merge, and what slipped in is not in it. */
  | 'deployed';

interface SlipIn {
  readonly what: string;
  /** Its stacks are `NAME-MOMENT`, of which the story's rules speak. */
  readonly name: string;
  readonly kind?: Kind;
  readonly isDeployed?: true;
  readonly slip: (story: SlipInStory, change: Change) => Promise<unknown>;
  readonly at: Readonly<Partial<Record<Moment, Outcome>>>;
}

const waits = (says: string): Outcome => ({ gate: 'action_required', says });
const takenBy: Outcome = { failed: 'kubectl-edit owns data.value' };
const nobodyApproved: Outcome = { held: 'which nobody approved' };
const becomes = (move: string): Outcome => ({ held: `+ now:      data.value: ${move}` });
const needsCrew = waits('needs the approval of 1 person from team:crew');
const asksForCrew: Outcome = { held: 'asks for the approval of 1 person from team:crew' };

const slipIns: readonly SlipIn[] = [
  {
    what: 'a push of other effects',
    name: 'pushed',
    slip: (story, change) => story.push(change, 'higher'),
    at: { approved: waits('approved other effects'), open: becomes('absent → "higher"'), merged: 'deployed' },
  },
  {
    what: 'a force-push of other effects',
    name: 'forced',
    slip: (story, change) => story.push(change, 'higher', { force: true }),
    at: { approved: waits('approved other effects'), open: becomes('absent → "higher"'), merged: 'deployed' },
  },
  {
    what: 'a push to the base, under the target',
    name: 'based',
    slip: (story, change) => story.pushBeside(change),
    at: { approved: waits('approved other effects'), open: nobodyApproved, merged: 'deployed' },
  },
  {
    what: 'another pull request of the target, merged past the gate',
    name: 'overtaken',
    isDeployed: true,
    slip: (story, change) => story.mergeUnapprovedBeside(change),
    at: { approved: waits('approved other effects'), open: nobodyApproved, merged: 'deployed' },
  },
  {
    what: 'a stricter configuration on the base',
    name: 'strict',
    slip: (story, change) => story.makeStricter(change),
    at: { approved: needsCrew, open: asksForCrew, merged: 'deployed' },
  },
  {
    what: 'a stricter configuration of the organization',
    name: 'organized',
    slip: (story, change) => story.makeOrganizationStricter(change),
    at: { open: asksForCrew, merged: asksForCrew, writing: 'deployed' },
  },
  {
    what: 'another owner in CODEOWNERS of the base',
    name: 'owned',
    slip: (story, change) => story.giveTo('mona', change),
    at: {
      approved: waits('is not in codeowners'),
      open: { held: 'asks for the approval of 1 person from codeowners' },
      merged: 'deployed',
    },
  },
  {
    what: 'a label that a rule asks about',
    name: 'labelled',
    slip: ({ github }, { pull }) => github.label({ repo, number: pull.number, label: 'risk', by: 'alice' }),
    at: { approved: needsCrew, open: asksForCrew, merged: asksForCrew, writing: 'deployed' },
  },
  {
    what: 'a title that a rule asks about',
    name: 'titled',
    slip: ({ github }, { pull }) =>
      github.editPullRequest({ repo, number: pull.number, by: 'alice', title: 'It is risky' }),
    at: { open: asksForCrew, merged: asksForCrew, writing: 'deployed' },
  },
  {
    what: 'that the approver may not write any more',
    name: 'demoted',
    slip: async ({ github }, { approver }) => github.grant(repo, approver, 'read'),
    at: { approved: waits('has no write access (read)'), open: nobodyApproved, merged: 'deployed' },
  },
  {
    what: 'that the approver leaves the team that a rule asks for',
    name: 'left',
    slip: async ({ github }, { approver }) => github.removeTeamMember('acme', 'crew', approver),
    at: { approved: waits('is not in team:crew'), open: asksForCrew, merged: 'deployed' },
  },
  {
    what: 'a commit of the approver, though without effects',
    name: 'joined',
    slip: ({ pulls }, { pull, approver }) =>
      pulls.push(pull, { [`notes-of-${approver}.md`]: 'a note\n' }, { author: approver }),
    at: { approved: waits('is the author of a commit in it'), open: nobodyApproved, merged: 'deployed' },
  },
  {
    what: 'the dismissal of the approval',
    name: 'dismissed',
    slip: ({ github }, { pull, reviewId }) => github.dismissReview({ repo, number: pull.number, reviewId, by: 'olga' }),
    at: { approved: waits('needs 1 approval'), open: nobodyApproved, merged: 'deployed' },
  },
  {
    what: 'a request for changes by somebody else',
    name: 'objected',
    slip: ({ pulls }, { pull }) => pulls.review(pull, 'dave', 'CHANGES_REQUESTED'),
    at: {
      approved: { gate: 'failure', says: 'dave asked for changes' },
      open: { held: 'dave asked for changes' },
      merged: 'deployed',
    },
  },
  {
    what: 'a live value that is changed by hand',
    name: 'changed',
    isDeployed: true,
    slip: (story, change) => story.changeByHand(change, 'by hand'),
    at: { open: becomes('"by hand" → "high"'), merged: becomes('"by hand" → "high"'), writing: takenBy },
  },
  {
    what: 'a secret value that is changed by hand',
    name: 'secret',
    kind: 'Secret',
    isDeployed: true,
    slip: (story, change) => story.changeByHand(change, 'by hand'),
    at: { open: becomes('changed (secret)'), merged: becomes('changed (secret)'), writing: takenBy },
  },
  {
    what: 'a live object that is deleted by hand',
    name: 'deleted',
    isDeployed: true,
    slip: (story, change) => story.deleteByHand(change),
    at: {
      open: becomes('absent → "high"'),
      merged: becomes('absent → "high"'),
      writing: becomes('absent → "high"'),
    },
  },
];

/** Each change slipped in at each of these moments: the gate closes, or the deployment is held or refused, with the reason; nothing unapproved is ever written. */
export function slipInsAreRefused(moments: readonly Moment[]): void {
  const cases = slipIns.flatMap(({ kind = 'ConfigMap', isDeployed = false, name, at, ...slipIn }) =>
    moments.flatMap((moment) => {
      const outcome = at[moment];
      return outcome === undefined
        ? []
        : [{ ...slipIn, moment, outcome, stack: `${name}-${moment}`, kind, isDeployed }];
    }),
  );

  let story: SlipInStory;
  beforeAll(async () => {
    story = await SlipInStory.start(cases);
  });
  afterAll(() => story.close());
  afterEach(async () => {
    expect(story.moves.unapproved).toEqual([]);
    expect(story.github.violations).toEqual([]);
    await story.pulls.closeAll();
  });

  it.each(cases)('$moment: $what', async ({ moment, outcome, slip, ...stack }) => {
    const change = await story.approved(stack);
    const slipIn = async () => {
      if (outcome !== 'deployed') story.moves.withdraw(change.promised);
      await slip(story, change);
    };
    if (moment === 'approved') await slipIn();
    else await story.pulls.gate(change.pull, { conclusion: 'success' });
    if (outcome !== 'deployed' && 'gate' in outcome) {
      await story.pulls.gate(change.pull, { conclusion: outcome.gate, says: outcome.says });
      return;
    }
    if (moment === 'open') await slipIn();
    const merged = await story.merge(change);
    if (moment === 'merged') await story.lookedAt(change).then(slipIn);
    if (moment === 'writing') await story.writing(change).then(slipIn);
    if (outcome === 'deployed') {
      await story.deployments.ended(merged, 'planwright/deploy', 'success');
      expect(story.isDone(change)).toBe(true);
      return;
    }
    const [conclusion, says] = 'held' in outcome ? ['action_required', outcome.held] : ['failure', outcome.failed];
    await story.deployments.ended(merged, 'planwright/deploy', conclusion);
    await story.deployments.openIssue(`${stack.stack}@staging`, says);
    expect(story.isDone(change)).toBe(false);
  });
}
