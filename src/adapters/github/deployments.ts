import type { RestEndpointMethodTypes } from '@octokit/rest';
import type { Repository } from '../../domain/identity.ts';
import type { DeploymentRecords } from '../../flows/ports/github.ts';
import type { Calls, Method } from './calls.ts';
import { cut } from './cut.ts';
import { isOwn, type OwnershipOptions } from './ownership.ts';

const longestDescription = 140;

type Creation = RestEndpointMethodTypes['repos']['createDeployment'];

export function deploymentRecords({
  calls,
  ...ownership
}: { readonly calls: Calls } & OwnershipOptions): DeploymentRecords {
  return {
    findDeployment: async (repository, sha, environment, key) => {
      const deployments = calls.pages({
        installation: repository.installation,
        method: ({ rest }) => rest.repos.listDeployments,
        parameters: { ...addressOf(repository), sha, environment },
        read: (data) => data,
      });
      for await (const { id, payload, creator, performed_via_github_app } of deployments) {
        if (keyOf(payload) !== key) continue;
        if (await isOwn({ user: creator, performed_via_github_app: performed_via_github_app ?? null }, ownership))
          return { id };
      }
      return undefined;
    },

    createDeployment: (repository, { sha, environment, key, description }) =>
      calls.once({
        installation: repository.installation,
        method: ({ rest }): Method<Creation['parameters'], Creation['response']['data']> => rest.repos.createDeployment,
        parameters: {
          ...addressOf(repository),
          ref: sha,
          environment,
          // Otherwise GitHub merges the default branch into the ref, or waits for checks; the gate has decided already.
          auto_merge: false,
          required_contexts: [],
          payload: { planwright: key },
          description: cut(description, longestDescription),
        },
        read: (data) => {
          if (!('id' in data)) throw new TypeError('the answer is not a deployment');
          return { id: data.id };
        },
      }),

    setDeploymentStatus: async (repository, id, { state, description, logUrl }) => {
      await calls.once({
        installation: repository.installation,
        method: ({ rest }) => rest.repos.createDeploymentStatus,
        parameters: {
          ...addressOf(repository),
          deployment_id: id,
          state,
          description: cut(description, longestDescription),
          ...(logUrl !== undefined && { log_url: logUrl }),
          // A success would make other stacks' deployments of the same environment inactive.
          auto_inactive: false,
        },
        read: (data) => data.id,
      });
    },
  };
}

function addressOf({ owner, name }: Repository) {
  return { owner, repo: name };
}

/** GitHub hands a payload back as it was sent, as an object or as text. */
function keyOf(payload: unknown): unknown {
  if (typeof payload === 'object' && payload !== null && 'planwright' in payload) return payload.planwright;
  if (typeof payload !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(payload);
    return typeof parsed === 'object' ? keyOf(parsed) : undefined;
  } catch {
    return undefined;
  }
}
