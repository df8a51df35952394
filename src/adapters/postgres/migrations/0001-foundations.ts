/**
 * Values that are only kept and given back are `json`, not `jsonb`: jsonb refuses U+0000, which a manifest may hold, and rewrites numbers.
 * Times are milliseconds since the epoch where they come from outside, and `timestamptz` by the database's clock where they are its own.
 */
export const foundations = `
create table planwright.delivery (
  guid text primary key,
  sequence bigint generated always as identity,
  hint json not null,
  received_at timestamptz not null default now(),
  handled_at timestamptz
);
create index delivery_waiting on planwright.delivery (sequence) where handled_at is null;
create index delivery_handled on planwright.delivery (handled_at) where handled_at is not null;

create table planwright.command (
  repository bigint not null,
  comment_id bigint not null,
  issue bigint not null,
  body_digest text not null,
  obeyed text[] not null default '{}',
  received_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text,
  primary key (repository, comment_id)
);
create index command_waiting on planwright.command (repository, issue) where finished_at is null;

create table planwright.plan (
  id bigint generated always as identity primary key,
  digest text not null,
  repository bigint not null,
  target text not null,
  head text not null,
  base text not null,
  tree text not null,
  cluster_uid text,
  plan json not null,
  saved_at timestamptz not null default now(),
  unique (digest, repository, target, head, base, tree)
);
create index plan_newest on planwright.plan (digest, saved_at desc, id desc);

create table planwright.plan_run (
  sequence bigint generated always as identity primary key,
  id text not null unique,
  repository bigint not null,
  pull bigint not null,
  head text not null,
  base text not null,
  tree text,
  fingerprint text not null,
  plans text[] not null,
  outcome json,
  shown_at_ms bigint,
  saved_at timestamptz not null default now()
);
create index plan_run_of_pull on planwright.plan_run (repository, pull, sequence);
create index plan_run_of_head on planwright.plan_run (repository, head);

create table planwright.live_plan (
  repository bigint not null,
  pull bigint not null,
  head text not null,
  allowed_at timestamptz not null default now(),
  primary key (repository, pull, head)
);

create table planwright.reported (
  repository bigint not null,
  key text not null,
  github_id bigint,
  external_id text not null,
  content text not null,
  closed boolean not null,
  said_at timestamptz not null default now(),
  primary key (repository, key)
);

create table planwright.repository (
  id bigint primary key,
  first_seen_ms bigint,
  merges bigint not null default 0
);

create table planwright.merge (
  repository bigint not null,
  pull bigint not null,
  sequence bigint not null,
  commit text not null,
  base text not null,
  author json not null,
  merged_by json,
  blockers json not null,
  approvals json not null,
  recorded_at timestamptz not null default now(),
  primary key (repository, pull),
  unique (repository, sequence)
);

create table planwright.deployment (
  id bigint generated always as identity primary key,
  repository bigint not null,
  pull bigint not null,
  target text not null,
  environment text not null,
  commit text not null,
  sequence bigint not null,
  phase_kind text not null,
  phase json not null,
  ended boolean not null,
  changed_at timestamptz not null default now(),
  unique (repository, pull, target)
);
create index deployment_of_target on planwright.deployment (repository, target, sequence desc);
create index deployment_open on planwright.deployment (repository, target, sequence) where not ended;

create table planwright.deployment_history (
  id bigint generated always as identity primary key,
  deployment bigint not null references planwright.deployment (id),
  phase json not null,
  fencing_token bigint,
  at timestamptz not null default clock_timestamp()
);
create index deployment_history_of on planwright.deployment_history (deployment, id);

create table planwright.deployment_step (
  deployment bigint not null references planwright.deployment (id),
  object_group text not null,
  object_kind text not null,
  object_namespace text not null,
  object_name text not null,
  action text not null,
  state text not null,
  sequence bigint generated always as identity,
  fencing_token bigint not null,
  at timestamptz not null default clock_timestamp(),
  primary key (deployment, object_group, object_kind, object_namespace, object_name, action)
);

create table planwright.hold_approval (
  deployment bigint not null references planwright.deployment (id),
  person bigint not null,
  login text not null,
  bot boolean not null,
  permission text not null,
  plan text not null,
  at timestamptz not null default clock_timestamp(),
  primary key (deployment, person, plan)
);

create table planwright.deployed (
  repository bigint not null,
  target text not null,
  cluster_uid text not null,
  commit text not null,
  sequence bigint not null,
  directory text not null,
  stored json not null,
  at timestamptz not null default clock_timestamp(),
  primary key (repository, target)
);

create table planwright.lock (
  repository bigint not null,
  target text not null,
  fencing_token bigint not null,
  taken_at timestamptz not null default clock_timestamp(),
  primary key (repository, target)
);

create table planwright.setting (
  key text primary key,
  value bytea not null
);

create table planwright.audit (
  sequence bigint primary key,
  at_ms bigint not null,
  repository bigint not null,
  kind text not null,
  subject text not null,
  facts json not null,
  previous_hash text not null,
  hash text not null
);
create index audit_of_subject on planwright.audit (repository, subject, sequence);

create function planwright.append_only() returns trigger language plpgsql as $$
begin
  raise exception '% of planwright.% is refused: it is append-only', tg_op, tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger audit_append_only before update or delete or truncate on planwright.audit
  for each statement execute function planwright.append_only();
create trigger deployment_history_append_only before update or delete or truncate on planwright.deployment_history
  for each statement execute function planwright.append_only();
`;
