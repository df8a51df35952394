import { timestamp } from '../clock.ts';
import type { Activity, Label, Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { simpleUser, userById } from './accounts.ts';
import { nodeId } from './node-id.ts';

export function repositoryApi(world: World, repository: Repository): string {
  return `${world.api}/repos/${world.fullName(repository)}`;
}

export function repositoryPage(world: World, repository: Repository): string {
  return `${world.url}/${world.fullName(repository)}`;
}

export function presentRepository(world: World, repository: Repository) {
  const fullName = world.fullName(repository);
  const url = repositoryApi(world, repository);
  const page = repositoryPage(world, repository);
  const openIssues = [...repository.issues.values()].filter((issue) => issue.state === 'open').length;
  const forks = [...world.state.repositories.values()].filter(
    (candidate) => candidate.parentId === repository.id,
  ).length;
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName,
    private: repository.private,
    owner: simpleUser(world, world.accountById(repository.ownerId)),
    html_url: page,
    description: null,
    fork: repository.parentId !== null,
    url,
    archive_url: `${url}/{archive_format}{/ref}`,
    assignees_url: `${url}/assignees{/user}`,
    blobs_url: `${url}/git/blobs{/sha}`,
    branches_url: `${url}/branches{/branch}`,
    collaborators_url: `${url}/collaborators{/collaborator}`,
    comments_url: `${url}/comments{/number}`,
    commits_url: `${url}/commits{/sha}`,
    compare_url: `${url}/compare/{base}...{head}`,
    contents_url: `${url}/contents/{+path}`,
    contributors_url: `${url}/contributors`,
    deployments_url: `${url}/deployments`,
    downloads_url: `${url}/downloads`,
    events_url: `${url}/events`,
    forks_url: `${url}/forks`,
    git_commits_url: `${url}/git/commits{/sha}`,
    git_refs_url: `${url}/git/refs{/sha}`,
    git_tags_url: `${url}/git/tags{/sha}`,
    git_url: `git://${new URL(world.url).host}/${fullName}.git`,
    hooks_url: `${url}/hooks`,
    issue_comment_url: `${url}/issues/comments{/number}`,
    issue_events_url: `${url}/issues/events{/number}`,
    issues_url: `${url}/issues{/number}`,
    keys_url: `${url}/keys{/key_id}`,
    labels_url: `${url}/labels{/name}`,
    languages_url: `${url}/languages`,
    merges_url: `${url}/merges`,
    milestones_url: `${url}/milestones{/number}`,
    notifications_url: `${url}/notifications{?since,all,participating}`,
    pulls_url: `${url}/pulls{/number}`,
    releases_url: `${url}/releases{/id}`,
    ssh_url: `git@${new URL(world.url).hostname}:${fullName}.git`,
    stargazers_url: `${url}/stargazers`,
    statuses_url: `${url}/statuses/{sha}`,
    subscribers_url: `${url}/subscribers`,
    subscription_url: `${url}/subscription`,
    svn_url: page,
    tags_url: `${url}/tags`,
    teams_url: `${url}/teams`,
    trees_url: `${url}/git/trees{/sha}`,
    clone_url: `${page}.git`,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    topics: [],
    visibility: repository.private ? 'private' : 'public',
    default_branch: repository.defaultBranch,
    archived: false,
    disabled: false,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    allow_forking: true,
    is_template: false,
    web_commit_signoff_required: false,
    size: 1,
    forks,
    forks_count: forks,
    network_count: forks,
    stargazers_count: 0,
    subscribers_count: 0,
    watchers: 0,
    watchers_count: 0,
    open_issues: openIssues,
    open_issues_count: openIssues,
    pushed_at: timestamp(repository.pushedAt),
    created_at: timestamp(repository.createdAt),
    updated_at: timestamp(repository.updatedAt),
  };
}

/** GET of one repository also tells where a fork comes from. */
export function presentFullRepository(world: World, repository: Repository) {
  const parent = repository.parentId === null ? undefined : world.state.repositories.get(repository.parentId);
  const shown = presentRepository(world, repository);
  return parent === undefined
    ? shown
    : { ...shown, parent: presentRepository(world, parent), source: presentRepository(world, parent) };
}

export function presentLabel(world: World, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${repositoryApi(world, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description ?? '',
    color: label.color,
    default: false,
  };
}

export const presentActivity = (world: World, activity: Activity) => ({
  id: activity.id,
  node_id: nodeId('Activity', activity.id),
  before: activity.before,
  after: activity.after,
  ref: activity.ref,
  timestamp: timestamp(activity.at),
  activity_type: activity.kind,
  actor: userById(world, activity.actorId),
});

/** `MEMBER`, `COLLABORATOR` and so on; GitHub's own answer is unreliable, ours is at least consistent. */
export function authorAssociation(world: World, repository: Repository, accountId: number): string {
  if (repository.ownerId === accountId) return 'OWNER';
  if (world.accountById(repository.ownerId).members.has(accountId)) return 'MEMBER';
  return repository.collaborators.has(accountId) ? 'COLLABORATOR' : 'NONE';
}
