import type { ColumnType, Generated, Kysely } from 'kysely';
import type { RuleOrigin } from '../../domain/config/rule.ts';
import type { Permission } from '../../domain/gate/people.ts';

/** Written as text (see `jsonText`), read as a value that must be parsed into its type. */
type JsonColumn = ColumnType<unknown, string, string>;
type OptionalJsonColumn = ColumnType<unknown, string | null, string | null>;

export interface Tables {
  readonly delivery: {
    readonly guid: string;
    readonly sequence: Generated<number>;
    readonly hint: JsonColumn;
    readonly received_at: Generated<Date>;
    readonly handled_at: Date | null;
  };
  readonly command: {
    readonly repository: number;
    readonly comment_id: number;
    readonly issue: number;
    readonly body_digest: string;
    readonly obeyed: Generated<readonly string[]>;
    readonly finished_at: Date | null;
    readonly outcome: string | null;
  };
  readonly button_press: {
    readonly guid: string;
    readonly repository: number;
    readonly sha: string;
    readonly identifier: string;
    readonly person: number;
    readonly login: string;
    readonly bot: boolean;
    readonly pressed_at: Generated<Date>;
    readonly finished_at: Date | null;
    readonly outcome: string | null;
  };
  readonly plan: {
    readonly id: Generated<number>;
    readonly digest: string;
    readonly repository: number;
    readonly target: string;
    readonly head: string;
    readonly base: string;
    readonly tree: string;
    readonly cluster_uid: string | null;
    readonly plan: JsonColumn;
    readonly saved_at: Generated<Date>;
  };
  readonly plan_run: {
    readonly sequence: Generated<number>;
    readonly id: string;
    readonly repository: number;
    readonly pull: number;
    readonly head: string;
    readonly base: string;
    readonly tree: string | null;
    readonly fingerprint: string;
    readonly plans: readonly string[];
    readonly outcome: JsonColumn;
    readonly shown_at_ms: number | null;
  };
  readonly merge_group: {
    readonly repository: number;
    readonly head: string;
    readonly ref: string;
    readonly branch: string;
    readonly pulls: readonly number[];
    readonly plannings: number;
    readonly base: string | null;
    readonly fingerprint: string;
    readonly outcome: OptionalJsonColumn;
    readonly over: boolean;
    readonly changed_at: Generated<Date>;
  };
  readonly live_plan: {
    readonly repository: number;
    readonly pull: number;
    readonly head: string;
  };
  readonly reported: {
    readonly repository: number;
    readonly key: string;
    readonly github_id: number | null;
    readonly external_id: string;
    readonly content: string;
    readonly closed: boolean;
    readonly said_at: Generated<Date>;
  };
  readonly repository: {
    readonly id: number;
    readonly first_seen_ms: number | null;
    /** `owner/name` when it was looked at last. */
    readonly full_name: string | null;
    readonly named_at: Date | null;
    readonly merges: Generated<number>;
  };
  readonly merge: {
    readonly repository: number;
    readonly pull: number;
    readonly sequence: number;
    readonly commit: string;
    readonly base: string;
    readonly author: JsonColumn;
    readonly merged_by: OptionalJsonColumn;
    readonly contributors: JsonColumn;
    readonly plans: OptionalJsonColumn;
    readonly blockers: JsonColumn;
    readonly approvals: JsonColumn;
  };
  readonly deployment: {
    readonly id: Generated<number>;
    readonly repository: number;
    readonly pull: number;
    readonly target: string;
    readonly environment: string;
    readonly commit: string;
    readonly sequence: number;
    readonly phase_kind: string;
    readonly phase: JsonColumn;
    readonly ended: boolean;
    readonly test_base: string | null;
    readonly test_head: string | null;
    readonly test_from: string | null;
    readonly asked_at: Generated<Date>;
    readonly unseen: Generated<boolean>;
    readonly changed_at: Generated<Date>;
  };
  readonly deployment_history: {
    readonly id: Generated<number>;
    readonly deployment: number;
    readonly phase: JsonColumn;
    readonly fencing_token: number | null;
  };
  readonly deployment_step: {
    readonly deployment: number;
    readonly object_group: string;
    readonly object_kind: string;
    readonly object_namespace: string;
    readonly object_name: string;
    readonly action: 'create' | 'update' | 'replace' | 'delete' | 'release';
    readonly state: 'intended' | 'done';
    readonly sequence: Generated<number>;
    readonly fencing_token: number;
    readonly at: Generated<Date>;
  };
  readonly hold_approval: {
    readonly deployment: number;
    readonly person: number;
    readonly login: string;
    readonly bot: boolean;
    readonly permission: Permission;
    readonly plan: string;
    readonly sources: JsonColumn;
    readonly at: Generated<Date>;
  };
  readonly override: {
    readonly id: Generated<number>;
    readonly repository: number;
    readonly pull: number;
    /** A rule has a name and an origin; an environment's approvals have the environment. */
    readonly rule: string | null;
    readonly origin: RuleOrigin | null;
    readonly environment: string | null;
    readonly plans: readonly string[];
    readonly person: number;
    readonly login: string;
    readonly bot: boolean;
    readonly sources: readonly string[];
    readonly reason: string;
    readonly comment_id: number;
  };
  readonly deployed: {
    readonly repository: number;
    readonly target: string;
    readonly cluster_uid: string;
    readonly commit: string;
    readonly sequence: number;
    readonly directory: string;
    readonly stored: JsonColumn;
    readonly at: Generated<Date>;
  };
  readonly lock: {
    readonly repository: number;
    readonly target: string;
    readonly fencing_token: number;
    readonly taken_at: Generated<Date>;
  };
  readonly target_lock: {
    readonly repository: number;
    readonly target: string;
    readonly pull: number;
    readonly position: Generated<number>;
    readonly asked_by: JsonColumn;
    readonly asked_at: Generated<Date>;
  };
  readonly setting: { readonly key: string; readonly value: Buffer };
  readonly audit: {
    readonly sequence: number;
    readonly at_ms: number;
    readonly repository: number;
    readonly kind: string;
    readonly subject: string;
    readonly facts: JsonColumn;
    readonly previous_hash: string;
    readonly hash: string;
  };
  /** One row. */
  readonly audit_end: { readonly sequence: number; readonly hash: string };
}

/** The tables, inside a transaction or not. */
export type Db = Kysely<Tables>;

/** All of the work or none: joins the transaction that there is, or makes one. */
export async function atomically<Result>(db: Db, work: (transaction: Db) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? await work(db) : await db.transaction().execute(work);
}
