/** Nobody approves, along with somebody else's pull request, what they brought to the base branch themselves. */
export const mergeContributors = `
alter table planwright.merge add column contributors json not null default '[]';
alter table planwright.merge add column plans json;
`;
