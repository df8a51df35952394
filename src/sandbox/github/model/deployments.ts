import type { Actor } from './actor.ts';
import { isPassing, latestRuns } from './checks.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import type { DeploymentRecord, DeploymentStatusRecord, Repository } from './state.ts';
import type { World } from './world.ts';

const descriptionLimit = 140;

export interface NewDeployment {
  readonly repository: Repository;
  readonly creator: Actor;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly autoMerge: boolean;
  /** null asks for every check of the commit. */
  readonly requiredContexts: readonly string[] | null;
  readonly transientEnvironment: boolean;
  readonly productionEnvironment: boolean;
}

export async function createDeployment(world: World, wanted: NewDeployment): Promise<DeploymentRecord> {
  const { repository } = wanted;
  refuseLongDescription('Deployment', wanted.description ?? '');
  await refuseAutoMerge(world, wanted);
  refuseUnmetContexts(wanted);
  const deployment: DeploymentRecord = {
    id: world.newId(),
    sha: wanted.sha,
    ref: wanted.ref,
    task: wanted.task,
    environment: wanted.environment,
    description: wanted.description,
    payload: wanted.payload,
    creatorId: wanted.creator.accountId,
    appId: wanted.creator.appId,
    transientEnvironment: wanted.transientEnvironment,
    productionEnvironment: wanted.productionEnvironment,
    createdAt: world.clock.now(),
    statuses: [],
  };
  repository.deployments.set(deployment.id, deployment);
  return deployment;
}

export interface NewDeploymentStatus {
  readonly repository: Repository;
  readonly deployment: DeploymentRecord;
  readonly creator: Actor;
  readonly state: string;
  readonly description: string;
  readonly environment: string | null;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly autoInactive: boolean;
}

export function addDeploymentStatus(world: World, wanted: NewDeploymentStatus): DeploymentStatusRecord {
  refuseLongDescription('DeploymentStatus', wanted.description);
  const status = newStatus(world, wanted);
  wanted.deployment.statuses.push(status);
  if (wanted.state === 'success' && wanted.autoInactive) inactivateOthers(world, wanted);
  return status;
}

export function findDeployment(repository: Repository, id: number): DeploymentRecord {
  const deployment = repository.deployments.get(id);
  if (deployment === undefined) throw notFound();
  return deployment;
}

/** A success retires the environment's older deployments, unless the caller said not to. */
function inactivateOthers(world: World, wanted: NewDeploymentStatus): void {
  for (const other of wanted.repository.deployments.values()) {
    const retires =
      other.id < wanted.deployment.id &&
      other.environment === wanted.deployment.environment &&
      !other.transientEnvironment &&
      !other.productionEnvironment &&
      other.statuses.at(-1)?.state !== 'inactive';
    if (retires)
      other.statuses.push(newStatus(world, { ...wanted, deployment: other, state: 'inactive', description: '' }));
  }
}

const newStatus = (world: World, wanted: NewDeploymentStatus): DeploymentStatusRecord => ({
  id: world.newId(),
  state: wanted.state,
  creatorId: wanted.creator.accountId,
  appId: wanted.creator.appId,
  description: wanted.description,
  environment: wanted.environment ?? wanted.deployment.environment,
  logUrl: wanted.logUrl,
  environmentUrl: wanted.environmentUrl,
  createdAt: world.clock.now(),
});

/** GitHub would merge the default branch into the ref; a deployer that lets it has not meant to. */
async function refuseAutoMerge(world: World, wanted: NewDeployment): Promise<void> {
  if (!wanted.autoMerge) return;
  const tip = await world.git.resolve(wanted.repository.id, `refs/heads/${wanted.repository.defaultBranch}`);
  if (tip === null || (await world.git.isAncestor(wanted.repository.id, tip, wanted.sha))) return;
  throw new Refusal(409, `Conflict merging ${wanted.repository.defaultBranch} into ${wanted.ref}.`);
}

function refuseUnmetContexts(wanted: NewDeployment): void {
  const runs = latestRuns(wanted.repository, wanted.sha);
  const names = wanted.requiredContexts ?? runs.map((run) => run.name);
  const unmet = names.filter((name) => !runs.some((run) => run.name === name && isPassing(run)));
  if (unmet.length > 0) throw new Refusal(409, `Conflict: Commit status checks failed for ${wanted.ref}.`, unmet);
}

function refuseLongDescription(resource: string, description: string): void {
  if (description.length > descriptionLimit)
    throw invalid(resource, 'description', `description is too long (maximum is ${descriptionLimit} characters)`);
}
