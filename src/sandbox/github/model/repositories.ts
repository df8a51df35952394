import { type FileContent, noCommit } from '../git-storage.ts';
import { announce } from './announce.ts';
import { moveBranch } from './branches.ts';
import type { Repository } from './state.ts';
import type { World } from './world.ts';

export interface NewRepository {
  readonly ownerId: number;
  readonly name: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly byId: number;
  readonly files: Readonly<Record<string, FileContent>>;
}

export async function createRepository(
  world: World,
  wanted: NewRepository,
): Promise<{ readonly repository: Repository; readonly sha: string }> {
  const repository = emptyRepository(world, { ...wanted, parentId: null });
  await world.git.create(repository.id, wanted.defaultBranch);
  world.state.repositories.set(repository.id, repository);
  const by = world.accountById(wanted.byId);
  const signature = { name: by.name, email: by.email };
  const sha = await world.git.commit(repository.id, {
    files: Object.keys(wanted.files).length === 0 ? { 'README.md': `# ${wanted.name}\n` } : wanted.files,
    parent: null,
    author: signature,
    committer: signature,
    message: 'First commit',
    at: world.clock.now(),
  });
  await moveBranch(world, {
    repository,
    branch: wanted.defaultBranch,
    before: noCommit,
    after: sha,
    actorId: by.id,
    kind: 'branch_creation',
  });
  return { repository, sha };
}

export async function forkRepository(
  world: World,
  parent: Repository,
  ownerId: number,
  name: string,
): Promise<Repository> {
  const repository = emptyRepository(world, {
    ownerId,
    name,
    private: parent.private,
    defaultBranch: parent.defaultBranch,
    parentId: parent.id,
  });
  await world.git.create(repository.id, parent.defaultBranch);
  await world.git.copyBranches(parent.id, repository.id);
  world.state.repositories.set(repository.id, repository);
  return repository;
}

/** The old name answers with a redirect from now on, until somebody takes it. */
export function renameRepository(world: World, repository: Repository, name: string, byId: number): void {
  const from = repository.name;
  world.state.formerNames.set(world.fullName(repository).toLowerCase(), repository.id);
  repository.name = name;
  repository.updatedAt = world.clock.now();
  announce(world, {
    repository,
    event: 'repository',
    action: 'renamed',
    senderId: byId,
    payload: { changes: { repository: { name: { from } } } },
  });
}

function emptyRepository(
  world: World,
  wanted: {
    readonly ownerId: number;
    readonly name: string;
    readonly private: boolean;
    readonly defaultBranch: string;
    readonly parentId: number | null;
  },
): Repository {
  const now = world.clock.now();
  const fullName = `${world.accountById(wanted.ownerId).login}/${wanted.name}`;
  if (world.findRepository(fullName) !== null)
    throw new Error(`The sandbox GitHub already has a repository "${fullName}".`);
  return {
    id: world.newId(),
    ownerId: wanted.ownerId,
    name: wanted.name,
    private: wanted.private,
    defaultBranch: wanted.defaultBranch,
    parentId: wanted.parentId,
    createdAt: now,
    pushedAt: now,
    updatedAt: now,
    nextNumber: 1,
    collaborators: new Map(),
    teamLevels: new Map(),
    labels: new Map(),
    issues: new Map(),
    comments: new Map(),
    reactions: new Map(),
    activity: [],
    checkSuites: [],
    checkRuns: new Map(),
    deployments: new Map(),
    requiredChecks: new Map(),
    mergeGroups: new Map(),
    mergeQueues: new Set(),
  };
}
