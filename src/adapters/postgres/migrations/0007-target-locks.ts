/** Test merges are deployed like merges, any number a pull request and target; who may apply one before its merge waits in line for the target. */
export const targetLocks = `
alter table planwright.deployment add column test_base text;
alter table planwright.deployment add column test_head text;
alter table planwright.deployment add column test_from text;
alter table planwright.deployment add column asked_at timestamptz not null default clock_timestamp();
alter table planwright.deployment drop constraint deployment_repository_pull_target_key;
create unique index deployment_of_merge on planwright.deployment (repository, pull, target) where test_head is null;
create unique index deployment_of_test_merge on planwright.deployment (repository, pull, target, commit) where test_head is not null;
create index deployment_of_commit on planwright.deployment (repository, commit) where test_head is not null;

create table planwright.target_lock (
  repository bigint not null,
  target text not null,
  pull bigint not null,
  position bigint generated always as identity,
  asked_by json not null,
  asked_at timestamptz not null default clock_timestamp(),
  primary key (repository, target, pull)
);
create index target_lock_queue on planwright.target_lock (repository, target, position);
create index target_lock_of_pull on planwright.target_lock (repository, pull);
`;
