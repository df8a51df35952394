import { actorOf } from '../access.ts';
import { addDeploymentStatus, createDeployment, findDeployment } from '../model/deployments.ts';
import { notFound } from '../model/refusal.ts';
import type { DeploymentRecord } from '../model/state.ts';
import type { World } from '../model/world.ts';
import { presentDeployment, presentDeploymentStatus } from '../present/deployments.ts';
import { optionalFlag, optionalText, optionalTexts, text } from './fields.ts';
import { list } from './paging.ts';
import { requireCommit } from './repositories.ts';
import { created, needs, ok, onRepository, type RepositoryCall, type Route } from './route.ts';

const reading = needs('deployments:read');
const writing = needs('deployments:write', 'write');

export const deploymentRoutes = (world: World): readonly Route[] => [
  onRepository('POST /deployments', writing, async ({ repository, body, caller }) => {
    const ref = text(body, 'ref');
    const environment = optionalText(body, 'environment') ?? 'production';
    const deployment = await createDeployment(world, {
      repository,
      creator: actorOf(caller),
      ref,
      sha: await requireCommit(world, repository, ref),
      task: optionalText(body, 'task') ?? 'deploy',
      environment,
      description: optionalText(body, 'description') ?? null,
      payload: body.payload ?? {},
      autoMerge: optionalFlag(body, 'auto_merge') ?? true,
      requiredContexts: optionalTexts(body, 'required_contexts') ?? null,
      transientEnvironment: optionalFlag(body, 'transient_environment') ?? false,
      productionEnvironment: optionalFlag(body, 'production_environment') ?? environment === 'production',
    });
    return created(presentDeployment(world, repository, deployment));
  }),

  onRepository('GET /deployments', reading, (call) => {
    const { repository, query } = call;
    const found = [...repository.deployments.values()]
      .filter((deployment) => query.sha === undefined || query.sha === 'none' || deployment.sha === query.sha)
      .filter((deployment) => query.ref === undefined || query.ref === 'none' || deployment.ref === query.ref)
      .filter((deployment) => query.task === undefined || query.task === 'none' || deployment.task === query.task)
      .filter(
        (deployment) =>
          query.environment === undefined ||
          query.environment === 'none' ||
          deployment.environment === query.environment,
      )
      .toSorted((one, other) => other.id - one.id);
    return list(call, found, (deployment) => presentDeployment(world, repository, deployment));
  }),

  onRepository('GET /deployments/{deployment_id}', reading, (call) =>
    ok(presentDeployment(world, call.repository, deploymentOf(call))),
  ),

  onRepository('POST /deployments/{deployment_id}/statuses', writing, (call) => {
    const { repository, body, caller } = call;
    const deployment = deploymentOf(call);
    const status = addDeploymentStatus(world, {
      repository,
      deployment,
      creator: actorOf(caller),
      state: text(body, 'state'),
      description: optionalText(body, 'description') ?? '',
      environment: optionalText(body, 'environment') ?? null,
      logUrl: optionalText(body, 'log_url') ?? optionalText(body, 'target_url') ?? '',
      environmentUrl: optionalText(body, 'environment_url') ?? '',
      autoInactive: optionalFlag(body, 'auto_inactive') ?? true,
    });
    return created(presentDeploymentStatus(world, repository, deployment, status));
  }),

  onRepository('GET /deployments/{deployment_id}/statuses', reading, (call) => {
    const deployment = deploymentOf(call);
    return list(call, deployment.statuses.toReversed(), (status) =>
      presentDeploymentStatus(world, call.repository, deployment, status),
    );
  }),

  onRepository('GET /deployments/{deployment_id}/statuses/{status_id}', reading, (call) => {
    const deployment = deploymentOf(call);
    const status = deployment.statuses.find((candidate) => candidate.id === Number(call.path.status_id));
    if (status === undefined) throw notFound();
    return ok(presentDeploymentStatus(world, call.repository, deployment, status));
  }),
];

const deploymentOf = (call: RepositoryCall): DeploymentRecord =>
  findDeployment(call.repository, Number(call.path.deployment_id));
