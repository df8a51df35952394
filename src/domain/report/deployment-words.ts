import type { DeploymentPhase } from '../deployment/deployment.ts';
import { plural } from './change-words.ts';

/** Where a deployment stands, in a sentence without Markdown; reasons come from outside and are not yet safe. */
export function phaseText(phase: DeploymentPhase): string {
  switch (phase.kind) {
    case 'queued':
      return 'queued';
    case 'waiting':
      return `waiting: ${phase.reason}`;
    case 'held':
      return phase.reasons.length === 0 ? 'held' : `held: ${phase.reasons.join('; ')}`;
    case 'applying':
      return 'applying';
    case 'verifying':
      return 'applied, waiting until it is healthy';
    case 'succeeded':
      return phase.written === 0
        ? 'deployed, nothing had to be written'
        : `deployed, ${plural(phase.written, 'object')} written`;
    case 'failed':
      return `failed: ${phase.reason}`;
    case 'superseded':
      return `superseded by ${phase.by.slice(0, 12)}`;
    case 'cancelled':
      return `cancelled: ${phase.reason}`;
  }
}

export function phaseMark(phase: DeploymentPhase): string {
  const marks = {
    queued: '🕐',
    waiting: '🕐',
    held: '✋',
    applying: '🔄',
    verifying: '🔄',
    succeeded: '✅',
    failed: '❌',
    superseded: '⏭️',
    cancelled: '🚫',
  } as const;
  return marks[phase.kind];
}
