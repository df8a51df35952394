import type { CommitSha, PlanDigest, PullNumber } from '../identity.ts';
import { atLeast, type Permission, type Person, type Review } from './people.ts';

/** A plan run that GitHub has completed: what people could see, and since when. */
export interface ShownPlans {
  readonly head: CommitSha;
  /** GitHub's clock. */
  readonly shownAtMs: number;
  readonly plans: readonly PlanDigest[];
  /** Names the content of the configuration and the code owners' files; absent where the head changes none of them. */
  readonly configuration?: string;
}

/** Who put something into the pull request; an approval of theirs does not count. */
export interface Exclusions {
  readonly author: Person;
  readonly authors: readonly Person[];
  readonly committers: readonly Person[];
  readonly coAuthors: readonly Person[];
  /** Undefined: GitHub does not say who pushed last, which blocks. */
  readonly lastPusher: Person | undefined;
}

export interface CountingApproval {
  readonly kind: 'counts';
  readonly person: Person;
  readonly permission: Permission;
  readonly commit: CommitSha;
  /** What this person saw when approving. */
  readonly plans: readonly PlanDigest[];
  readonly configuration?: string;
  /** Of a merge group: the pull request that it was given on, and whether for all that is shown there now. */
  readonly given?: { readonly pull: PullNumber; readonly isForAll: boolean };
}

export type JudgedApproval =
  | CountingApproval
  | { readonly kind: 'refused'; readonly person: Person; readonly reason: string };

export interface ReviewFacts {
  /** Which one of a merge group it is; absent where there is only one. */
  readonly pull?: PullNumber;
  readonly reviews: readonly Review[];
  readonly shown: readonly ShownPlans[];
  readonly exclusions: Exclusions;
  /** What each reviewer may do now, by login. A reviewer who is missing here is refused. */
  readonly permissions: ReadonlyMap<string, Permission>;
}

/** Each reviewer's latest review that says anything; comments after an approval leave it standing, as on GitHub. */
export function latestReviews(reviews: readonly Review[]): readonly (Review & { readonly reviewer: Person })[] {
  const latest = new Map<number, Review & { readonly reviewer: Person }>();
  for (const review of reviews) {
    if (review.reviewer === undefined || review.state === 'commented' || review.state === 'pending') continue;
    const earlier = latest.get(review.reviewer.id);
    if (
      earlier === undefined ||
      review.submittedAtMs > earlier.submittedAtMs ||
      (review.submittedAtMs === earlier.submittedAtMs && review.id > earlier.id)
    ) {
      latest.set(review.reviewer.id, { ...review, reviewer: review.reviewer });
    }
  }
  return [...latest.values()];
}

/** Judges every standing approval: it counts and binds to what was shown, or it is refused with the reason. */
export function judgeApprovals(facts: ReviewFacts): readonly JudgedApproval[] {
  return latestReviews(facts.reviews)
    .filter((review) => review.state === 'approved')
    .map((review) => judge(review, facts));
}

/** People who asked for changes and whose approval could count: they block. So does one of whom nobody can say what they may do. */
export function requestedChanges(facts: ReviewFacts): readonly Person[] {
  return latestReviews(facts.reviews)
    .filter((review) => review.state === 'changes_requested')
    .map((review) => review.reviewer)
    .filter(
      (person) =>
        contributorReason(person, facts.exclusions) === undefined &&
        atLeast(facts.permissions.get(person.login) ?? 'write', 'write'),
    );
}

function judge(review: Review & { readonly reviewer: Person }, facts: ReviewFacts): JudgedApproval {
  const person = review.reviewer;
  const refused = (reason: string): JudgedApproval => ({ kind: 'refused', person, reason });
  const word = judgeWord(person, facts);
  if (word.kind === 'excluded') return refused(word.reason);
  if (review.commit === undefined) return refused('GitHub does not say which commit was reviewed; approve again');
  const shown = shownBefore(review.commit, review.submittedAtMs, facts.shown);
  if (shown === undefined) return refused(`no plan of ${review.commit.slice(0, 7)} had been shown yet; approve again`);
  return {
    kind: 'counts',
    person,
    permission: word.permission,
    commit: review.commit,
    plans: shown.plans,
    ...(shown.configuration === undefined ? {} : { configuration: shown.configuration }),
    ...(facts.pull === undefined ? {} : { given: { pull: facts.pull, isForAll: isForAll(shown, facts.shown) } }),
  };
}

function isForAll({ plans }: ShownPlans, shown: readonly ShownPlans[]): boolean {
  return shown.at(-1)?.plans.every((digest) => plans.includes(digest)) === true;
}

/**
 * The last run for the reviewed commit that was completed before the review, by GitHub's clock. The same second does not count: nobody can tell
 * which came first.
 */
export function shownBefore(
  commit: CommitSha,
  submittedAtMs: number,
  shown: readonly ShownPlans[],
): ShownPlans | undefined {
  let last: ShownPlans | undefined;
  for (const run of shown) {
    if (run.head !== commit || toSecond(run.shownAtMs) >= toSecond(submittedAtMs)) continue;
    if (last === undefined || run.shownAtMs >= last.shownAtMs) last = run;
  }
  return last;
}

function toSecond(timeMs: number): number {
  return Math.floor(timeMs / 1000);
}

export type JudgedWord =
  | { readonly kind: 'counts'; readonly permission: Permission }
  | { readonly kind: 'excluded'; readonly reason: string };

/** Whether this person's word counts here, or why not. */
export function judgeWord(person: Person, facts: Pick<ReviewFacts, 'exclusions' | 'permissions'>): JudgedWord {
  const contributed = contributorReason(person, facts.exclusions);
  if (contributed !== undefined) return { kind: 'excluded', reason: contributed };
  const permission = facts.permissions.get(person.login);
  if (permission === undefined) return { kind: 'excluded', reason: 'GitHub does not say what this person may do here' };
  if (!atLeast(permission, 'write')) return { kind: 'excluded', reason: `has no write access (${permission})` };
  return { kind: 'counts', permission };
}

function contributorReason(
  person: Person,
  { author, authors, committers, coAuthors, lastPusher }: Exclusions,
): string | undefined {
  const among = (people: readonly Person[]) => people.some((other) => other.id === person.id);
  if (person.bot) return 'is a bot';
  if (author.id === person.id) return 'opened this pull request';
  if (among(authors)) return 'is the author of a commit in it';
  if (among(committers)) return 'is the committer of a commit in it';
  if (among(coAuthors)) return 'is a co-author of a commit in it';
  return lastPusher?.id === person.id ? 'pushed to it last' : undefined;
}
