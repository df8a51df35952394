import type { ConditionKey } from './rule.ts';

/** A configuration file as the published schema lets it through: the keys that are read today. The others are refused before anybody asks for them. */
export interface ConfigurationShape {
  readonly apply?: 'after-merge' | 'before-merge';
  readonly environments?: Readonly<Record<string, EnvironmentShape | null>>;
  readonly stacks?: readonly StackShape[];
  readonly rules?: readonly RuleShape[];
}

export interface RuleShape {
  readonly name: string;
  readonly when?: ConditionShape;
  readonly require?: { readonly count?: number; readonly from?: ApproversShape };
  readonly deny?: string;
  readonly override?: { readonly from: ApproversShape };
}

/** `team:sre`, `user:bob`, `role:maintain`, `codeowners`. */
export type ApproversShape = readonly string[];

export type ConditionShape = { readonly [key in ConditionKey]?: string | readonly string[] } & {
  readonly expression?: string;
  readonly any?: readonly ConditionShape[];
  readonly all?: readonly ConditionShape[];
};

export interface EnvironmentShape {
  readonly cluster?: string;
  readonly approvals?: number;
  readonly after?: readonly string[];
  readonly override?: { readonly from: ApproversShape };
}

export interface StackShape {
  readonly path: string;
  readonly name?: string;
  readonly renderer?: string;
  readonly watch?: readonly string[];
  readonly namespace?: string;
  readonly namespaces?: readonly string[];
  readonly cluster_scoped?: readonly string[];
  readonly ignore?: readonly IgnoreShape[];
  readonly force_conflicts?: boolean | readonly string[];
  readonly prune?: boolean;
  readonly timeout?: string;
}

export interface IgnoreShape {
  readonly kind: string;
  readonly group?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path: string;
}
