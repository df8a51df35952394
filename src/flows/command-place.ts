import type { TargetName } from '../domain/identity.ts';
import type { PullRequest } from './ports/github.ts';

/** Where commands were said: a pull request, or the issue of a held deployment of one. */
export interface CommandPlace {
  readonly pull: PullRequest;
  readonly issue: number;
  /** The only target of a hold's issue. */
  readonly target?: TargetName;
}
