import type { Exclusions, ReviewFacts, ShownPlans } from '../../../src/domain/gate/approvals.ts';
import type { Permission, Person, Review } from '../../../src/domain/gate/people.ts';
import { digest, head, person } from '../plan-builder.ts';

export const author = person('author');
export const kim = person('kim');
export const robin = person('robin');
/** Second zero of the tests, by GitHub's clock. */
export const start = 1_760_000_000_000;
export const atSecond = (second: number): number => start + second * 1000;
export const shownDigest = digest('aaaa');

let nextId = 1;

export function review(reviewer: Person | undefined, overrides: Partial<Review> = {}): Review {
  nextId += 1;
  return { id: nextId, reviewer, state: 'approved', commit: head, submittedAtMs: atSecond(10), ...overrides };
}

export function shown(overrides: Partial<ShownPlans> = {}): ShownPlans {
  return { head, shownAtMs: atSecond(5), plans: [shownDigest], ...overrides };
}

export function exclusions(overrides: Partial<Exclusions> = {}): Exclusions {
  return { author, authors: [author], committers: [author], coAuthors: [], lastPusher: author, ...overrides };
}

export function reviewFacts(reviews: readonly Review[], overrides: Partial<ReviewFacts> = {}): ReviewFacts {
  const permissions = new Map<string, Permission>(reviews.map(({ reviewer }) => [reviewer?.login ?? '', 'write']));
  return { reviews, shown: [shown()], exclusions: exclusions(), permissions, ...overrides };
}
