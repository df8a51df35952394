import { timestamp } from '../clock.ts';
import type { DeploymentRecord, DeploymentStatusRecord, Repository } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { userById } from './accounts.ts';
import { optionalApp } from './apps.ts';
import { nodeId } from './node-id.ts';
import { repositoryApi } from './repositories.ts';

export function presentDeployment(world: World, repository: Repository, deployment: DeploymentRecord) {
  const api = repositoryApi(world, repository);
  const url = `${api}/deployments/${deployment.id}`;
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: userById(world, deployment.creatorId),
    created_at: timestamp(deployment.createdAt),
    updated_at: timestamp(deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt),
    statuses_url: `${url}/statuses`,
    repository_url: api,
    transient_environment: deployment.transientEnvironment,
    production_environment: deployment.productionEnvironment,
    performed_via_github_app: optionalApp(world, deployment.appId),
  };
}

export function presentDeploymentStatus(
  world: World,
  repository: Repository,
  deployment: DeploymentRecord,
  status: DeploymentStatusRecord,
) {
  const api = repositoryApi(world, repository);
  const deploymentUrl = `${api}/deployments/${deployment.id}`;
  return {
    url: `${deploymentUrl}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: userById(world, status.creatorId),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: timestamp(status.createdAt),
    updated_at: timestamp(status.createdAt),
    deployment_url: deploymentUrl,
    repository_url: api,
    performed_via_github_app: optionalApp(world, status.appId),
  };
}
