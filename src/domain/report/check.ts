export type CheckName = 'planwright/plan' | 'planwright/gate' | 'planwright/deploy';

export type CheckConclusion = 'success' | 'failure' | 'neutral' | 'cancelled' | 'action_required';

/** What a check run says. Each part is at most 65,535 characters, which `report/` keeps. */
export interface CheckText {
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
}

/** A message on lines of a file; GitHub takes 64 KB a message and 255 characters a title. */
export interface Annotation {
  readonly path: string;
  readonly line: number;
  readonly column?: number;
  readonly level: 'failure' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
}
