/** Whom rules ask for that the person was among who approved a hold. */
export const holdApprovalSources = `
alter table planwright.hold_approval add column sources jsonb not null default '[]';
`;
