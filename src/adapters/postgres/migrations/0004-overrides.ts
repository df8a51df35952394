/** Rows are only ever added: what was said with `/override` stays said, whether or not it still counts. */
export const overrides = `
create table planwright.override (
  id bigint generated always as identity primary key,
  repository bigint not null,
  pull bigint not null,
  rule text,
  origin text,
  environment text,
  plans text[] not null,
  person bigint not null,
  login text not null,
  bot boolean not null,
  sources text[] not null,
  reason text not null,
  comment_id bigint not null,
  at timestamptz not null default clock_timestamp(),
  check ((rule is null) = (origin is null) and (rule is null) = (environment is not null)),
  unique nulls not distinct (repository, comment_id, rule, origin, environment, plans)
);
create index override_of_pull on planwright.override (repository, pull, id);
create trigger override_append_only before update or delete or truncate on planwright.override
  for each statement execute function planwright.append_only();
`;
