import type { Position } from '../manifest/rendered-object.ts';

/** Whose approval a rule asks for, or whose word an override is. */
export type ApprovalSource =
  | { readonly kind: 'team'; readonly slug: string }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'role'; readonly role: 'write' | 'maintain' | 'admin' }
  /** Of the changed files, by the base branch's CODEOWNERS. */
  | { readonly kind: 'codeowners' };

export type RuleOutcome =
  | { readonly kind: 'require'; readonly count: number; readonly from: readonly ApprovalSource[] }
  | { readonly kind: 'deny'; readonly reason: string };

/** Where a rule was written: who may weaken it follows from that. */
export type RuleOrigin = 'repository' | 'organization' | 'server';

/** One condition of the gate: it only ever adds to the others. */
export interface Rule {
  readonly name: string;
  readonly origin: RuleOrigin;
  /** Undefined: every change. */
  readonly when: Condition | undefined;
  readonly outcome: RuleOutcome;
  /** Who may say `/override`; nobody when empty. */
  readonly override: readonly ApprovalSource[];
  /** Where it stands in its file. */
  readonly position: Position;
}

/** Keys of `when` whose value is a text or a list of texts. */
export const conditionKeys = [
  'environment',
  'stack',
  'action',
  'kind',
  'group',
  'namespace',
  'name',
  'field',
  'author',
  'branch',
  'label',
] as const;
export type ConditionKey = (typeof conditionKeys)[number];

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  /** One of the values is, or matches, what the key names. */
  | { readonly kind: 'matches'; readonly key: ConditionKey; readonly values: readonly string[] }
  /** CEL over `change`, `target` and `pull`; checked when it was read. */
  | { readonly kind: 'expression'; readonly text: string };

/** `team:sre`, as configurations write it. */
export function sourceText(source: ApprovalSource): string {
  switch (source.kind) {
    case 'team':
      return `team:${source.slug}`;
    case 'user':
      return `user:${source.login}`;
    case 'role':
      return `role:${source.role}`;
    case 'codeowners':
      return 'codeowners';
  }
}
