import type { Person } from '../../domain/gate/people.ts';

/** An account as REST and GraphQL answers hold it. */
export interface Account {
  readonly id: number;
  readonly login: string;
  readonly type?: string;
}

/** GitHub's stand-in for people who deleted their account. */
export const ghost: Person = { id: 10137, login: 'ghost', bot: false };

export function personOf({ id, login, type }: Account): Person {
  if (!Number.isSafeInteger(id) || typeof login !== 'string' || login === '') {
    throw new TypeError(`not an account: id ${id}, login ${login}`);
  }
  return { id, login, bot: type === 'Bot' || login.endsWith('[bot]') };
}
