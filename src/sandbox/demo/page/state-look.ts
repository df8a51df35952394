import type { DemoPull, DemoStep } from '../snapshot.ts';
import type { IconName } from './icon.ts';

/** How a state is shown: always an icon and words, and a colour that only repeats them. */
export interface StateLook {
  readonly tone: 'good' | 'busy' | 'attention' | 'bad' | 'quiet' | 'merged';
  readonly icon: IconName;
  readonly words: string;
}

const success: StateLook = { tone: 'good', icon: 'check', words: 'Successful' };
const inProgress: StateLook = { tone: 'busy', icon: 'running', words: 'In progress' };
const queued: StateLook = { tone: 'busy', icon: 'clock', words: 'Queued' };
const failure: StateLook = { tone: 'bad', icon: 'cross', words: 'Failed' };
const actionRequired: StateLook = { tone: 'attention', icon: 'person', words: 'Action required' };
const skipped = (words: string): StateLook => ({ tone: 'quiet', icon: 'dash', words });

const checkLooks: Readonly<Record<string, StateLook>> = {
  success,
  failure,
  in_progress: inProgress,
  queued,
  pending: queued,
  action_required: actionRequired,
  timed_out: { ...failure, words: 'Timed out' },
  neutral: skipped('Neutral'),
  cancelled: skipped('Cancelled'),
  skipped: skipped('Skipped'),
  stale: skipped('Stale'),
};

const deploymentLooks: Readonly<Record<string, StateLook>> = {
  success: { ...success, words: 'Deployed' },
  in_progress: { ...inProgress, words: 'Deploying' },
  queued,
  pending: { tone: 'attention', icon: 'clock', words: 'Pending' },
  failure,
  error: { ...failure, words: 'Error' },
  inactive: skipped('Inactive'),
};

const reviewLooks: Readonly<Record<string, StateLook>> = {
  approved: { ...success, icon: 'tick', words: 'approved these changes' },
  changes_requested: { ...failure, icon: 'times', words: 'requested changes' },
  dismissed: skipped('reviewed; the review was dismissed'),
};

export function checkLook(state: string): StateLook {
  return checkLooks[state] ?? skipped(state);
}

export function deploymentLook(state: string): StateLook {
  return deploymentLooks[state] ?? skipped(state);
}

/** GitHub writes a review's state in capitals in its API and in small letters in its webhooks. */
export function reviewLook(state: string): StateLook {
  return reviewLooks[state.toLowerCase()] ?? { tone: 'quiet', icon: 'comment', words: 'reviewed' };
}

export function stepLook(state: DemoStep['state']): StateLook {
  switch (state) {
    case 'done':
      return { ...success, words: 'Done' };
    case 'running':
      return { ...inProgress, words: 'Running' };
    case 'failed':
      return failure;
    case 'waiting':
      return { tone: 'quiet', icon: 'clock', words: 'Waiting' };
  }
}

export function pullLook(state: DemoPull['state']): StateLook {
  switch (state) {
    case 'open':
      return { tone: 'good', icon: 'pull', words: 'Open' };
    case 'merged':
      return { tone: 'merged', icon: 'merge', words: 'Merged' };
    case 'closed':
      return { tone: 'bad', icon: 'cross', words: 'Closed' };
  }
}

/** Reads an object's status, which is free text: `2/3 ready`, `Active`, `Terminating`. */
export function objectTone(status: string): StateLook['tone'] {
  const [, ready, wanted] = /\b(\d+)\/(\d+)\b/.exec(status) ?? [];
  if (/fail|error|crash|backoff|degraded|unreachable/i.test(status)) return 'bad';
  if (ready !== undefined && Number(ready) < Number(wanted)) return 'busy';
  if (/progress|pending|terminating|waiting|creating/i.test(status)) return 'busy';
  return 'good';
}
