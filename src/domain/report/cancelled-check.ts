import type { CheckText } from './check.ts';

/** What became of a pull request, of its head, or of a merge group while it was planned. */
export type Overtaken = 'closed' | 'merged' | 'pushed' | 'not queued';

/** Both checks of a head whose planning came to nothing. */
export function cancelledCheck(by: Overtaken): CheckText {
  switch (by) {
    case 'closed':
      return { title: 'Closed', summary: 'The pull request was closed while work went on.' };
    case 'merged':
      return { title: 'Merged before this had ended', summary: 'The pull request was merged while work went on.' };
    case 'pushed':
      return { title: 'Superseded by a newer head', summary: 'The pull request was pushed to while work went on.' };
    case 'not queued':
      return {
        title: 'No longer in the merge queue',
        summary: 'The queue merged this group or gave it up while work went on.',
      };
  }
}
