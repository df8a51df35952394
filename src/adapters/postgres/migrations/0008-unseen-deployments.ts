/** A target that only the merged configuration made one starts held: nobody saw its plan before. */
export const unseenDeployments = `
alter table planwright.deployment add column unseen boolean not null default false;
`;
