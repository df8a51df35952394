/**
 * Where the chain of the audit ends, beside it: records that are cut off at the end leave a trace here. It only ever grows.
 * The names of repositories are for people who ask for one repository's records.
 */
export const auditEnd = `
create table planwright.audit_end (
  single boolean primary key default true check (single),
  sequence bigint not null,
  hash text not null
);
insert into planwright.audit_end (sequence, hash)
select coalesce(max(sequence), 0), coalesce((array_agg(hash order by sequence desc))[1], repeat('0', 64)) from planwright.audit;

create function planwright.audit_end_grows() returns trigger language plpgsql as $$
begin
  if new.sequence <= old.sequence then
    raise exception 'the audit ends at record % and cannot end at % again', old.sequence, new.sequence using errcode = 'restrict_violation';
  end if;
  return new;
end
$$;
create trigger audit_end_grows before update on planwright.audit_end for each row execute function planwright.audit_end_grows();
create trigger audit_end_stays before delete or truncate on planwright.audit_end
  for each statement execute function planwright.append_only();

alter table planwright.repository add column full_name text, add column named_at timestamptz;
`;
