/** What merge groups hold and what came of planning them; GitHub forgets a group as soon as it is merged or given up. */
export const mergeGroups = `
create table planwright.merge_group (
  repository bigint not null,
  head text not null,
  ref text not null,
  branch text not null,
  pulls int[] not null,
  plannings int not null,
  base text,
  fingerprint text not null,
  outcome json,
  over boolean not null,
  changed_at timestamptz not null default clock_timestamp(),
  primary key (repository, head)
);
create index merge_group_open on planwright.merge_group (repository) where not over;
create index merge_group_of_pull on planwright.merge_group using gin (pulls);
`;
