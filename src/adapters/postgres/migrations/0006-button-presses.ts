/** Who pressed which button of which commit's checks, once a delivery. */
export const buttonPresses = `
create table planwright.button_press (
  guid text primary key,
  repository bigint not null,
  sha text not null,
  identifier text not null,
  person bigint not null,
  login text not null,
  bot boolean not null,
  pressed_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  outcome text
);
create index button_press_waiting on planwright.button_press (repository, sha) where finished_at is null;
create index merge_of_commit on planwright.merge (repository, commit);
`;
