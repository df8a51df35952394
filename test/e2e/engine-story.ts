import { systemClock } from '../../src/adapters/clock/system-clock.ts';
import { loadClusters } from '../../src/adapters/kubernetes/load-clusters.ts';
import type { Stack } from '../../src/domain/config/config.ts';
import type { ServerCluster } from '../../src/domain/config/server-settings.ts';
import { approvePlan } from '../../src/domain/gate/approved-plan.ts';
import {
  commitSha,
  installationId,
  pullNumber,
  type Repository,
  repositoryId,
  targetName,
  treeSha,
} from '../../src/domain/identity.ts';
import { decodeManifests } from '../../src/domain/manifest/decode-manifests.ts';
import { readIgnoredPattern } from '../../src/domain/plan/field-pattern.ts';
import type { IgnoreRule } from '../../src/domain/plan/ignored-fields.ts';
import type { Target } from '../../src/domain/target/target.ts';
import type { ApplyOutcome } from '../../src/flows/apply-outcome.ts';
import { applyPlan } from '../../src/flows/apply-plan.ts';
import { Deadline } from '../../src/flows/deadline.ts';
import type { RenderedTarget } from '../../src/flows/find-neighbours.ts';
import { type PlannedTarget, planTarget } from '../../src/flows/plan-target.ts';
import type { Cluster } from '../../src/flows/ports/cluster.ts';
import type { DeployedTarget, DeploymentStep, StoredLeaf } from '../../src/flows/ports/store.ts';
import { emptyRender, type Render } from '../../src/flows/render-stack.ts';
import { silentLog } from '../contracts/kubeconfig-cluster.ts';

const commit = commitSha('8f14e45fceea167a5a36dedd4bea2543c1a2b3c4');
const repository: Repository = {
  id: repositoryId(4711),
  installation: installationId(1),
  owner: 'acme',
  name: 'infra',
};

type Settings = Partial<Pick<Stack, 'forceConflicts' | 'clusterScoped'>> & { readonly ignore?: readonly IgnoreRule[] };

/** The engine alone, without GitHub: stacks of text that are planned on a cluster, approved by nobody's leave and applied. */
export class EngineStory {
  /** Every step of every apply. */
  readonly journal: DeploymentStep[] = [];
  readonly #clusters: ReturnType<typeof loadClusters>;
  readonly #server: ServerCluster;
  readonly #namespace: string;
  readonly #stacks = new Map<string, { readonly render: Render; readonly settings: Settings }>();
  readonly #deployed = new Map<string, { readonly render: Render; readonly record: DeployedTarget }>();

  constructor(of: {
    readonly kubeconfig: string;
    readonly cluster: string;
    readonly namespace: string;
    readonly ownerNamespace: string;
    /** Who plans; the kubeconfig's own user when absent. */
    readonly planner?: string;
  }) {
    const { kubeconfig, planner } = of;
    const limited = `${of.cluster}-limited`;
    this.#clusters = loadClusters({
      kubeconfig,
      log: silentLog,
      clusters: planner === undefined ? new Map() : new Map([[limited, { kubeconfig, planAs: { user: planner } }]]),
    });
    const name = planner === undefined ? of.cluster : limited;
    this.#server = { name, repositories: ['*'], ownerNamespace: of.ownerNamespace };
    this.#namespace = of.namespace;
  }

  get cluster(): Cluster {
    const cluster = this.#clusters.find(this.#server.name);
    if (cluster === undefined) throw new Error(`no cluster ${this.#server.name}`);
    return cluster;
  }

  /** What a stack holds from now on; undefined: it is gone from the repository. */
  write(stack: string, text: string | undefined, settings: Settings = {}): void {
    if (text === undefined) this.#stacks.delete(stack);
    else this.#stacks.set(stack, { render: decodeManifests([{ path: `${stack}/all.yaml`, text }]), settings });
  }

  async plan(stack: string): Promise<PlannedTarget> {
    const deployed = this.#deployed.get(stack);
    const current = this.#stacks.get(stack);
    return planTarget(
      { clusters: this.#clusters, store: this.#store, clock: systemClock },
      {
        repository,
        gitHubHost: 'github.test',
        target: this.#target(stack),
        cluster: this.#server,
        removed: current === undefined,
        head: commit,
        base: commit,
        tree: treeSha(commit),
        renders: {
          deployed: deployed?.render,
          base: deployed?.render ?? emptyRender,
          merge: current?.render ?? emptyRender,
        },
        deployed: deployed?.record,
        pendingPulls: [],
        neighbours: async () => this.#rendered(),
      },
    );
  }

  /** Applies a plan that was made; throws when the gate would not let it through. */
  async apply(planned: PlannedTarget): Promise<ApplyOutcome> {
    const { plan } = planned;
    const approving = approvePlan({
      plan,
      approvals: [],
      needed: 0,
      blockers: [],
      completing: new Set(),
      unapprovedRemovals: [],
      rules: [],
    });
    if (approving.kind !== 'approved') throw new Error(`${plan.target}: ${approving.reasons.join('; ')}`);
    const stored: StoredLeaf[] = [];
    const outcome = await applyPlan(
      {
        cluster: this.cluster,
        store: this.#store,
        clock: systemClock,
        onWritten: async (written) => void stored.push(...written.stored),
      },
      {
        deployment: {
          id: 1,
          repository: repository.id,
          pull: pullNumber(1),
          target: plan.target,
          environment: 'production',
          commit,
          sequence: 1,
          phase: { kind: 'queued' },
        },
        approved: approving.plan,
        planned,
        proof: { repository: repository.id, target: plan.target, fencingToken: 1 },
        deadline: new Deadline(systemClock, { timeoutMs: 120_000, leftMs: 120_000 }),
        stopping: new AbortController().signal,
      },
    );
    if (outcome.kind === 'succeeded') await this.#remember(plan.target, stored);
    return outcome;
  }

  /** Plans and applies; throws when that does not succeed. What it was planned as. */
  async deploy(stack: string): Promise<PlannedTarget> {
    const planned = await this.plan(stack);
    const outcome = await this.apply(planned);
    if (outcome.kind !== 'succeeded') throw new Error(`${stack}: ${outcome.kind}: ${outcome.reason}`);
    return planned;
  }

  async close(): Promise<void> {
    await this.#clusters.close();
  }

  readonly #store = {
    secretKey: async () => new Uint8Array(32).fill(7),
    addStep: async (step: DeploymentStep) => void this.journal.push(step),
  };

  async #remember(target: string, stored: readonly StoredLeaf[]): Promise<void> {
    const stack = target.slice(0, target.lastIndexOf('@'));
    const current = this.#stacks.get(stack);
    if (current === undefined) {
      this.#deployed.delete(stack);
      return;
    }
    const record: DeployedTarget = {
      repository: repository.id,
      target: targetName(stack, 'production'),
      cluster: await this.cluster.uid(),
      commit,
      sequence: 1,
      directory: stack,
      stored,
    };
    this.#deployed.set(stack, { render: current.render, record });
  }

  #rendered(): readonly RenderedTarget[] {
    return [...this.#stacks].map(([stack, { render }]) => ({
      target: this.#target(stack),
      render,
    }));
  }

  #target(stack: string): Target {
    const position = { path: '.github/planwright.yml', line: 1, column: 1 };
    return {
      name: targetName(stack, 'production'),
      stackName: stack,
      directory: stack,
      environment: { name: 'production', cluster: this.#server.name, approvals: 0, after: [] },
      stack: {
        path: stack,
        watch: [],
        clusterScoped: [],
        ignore: [],
        forceConflicts: { kind: 'none' },
        prune: true,
        timeoutMs: 120_000,
        namespace: this.#namespace,
        position,
        ...this.#stacks.get(stack)?.settings,
      },
    };
  }
}

export function ignoring(kind: string, path: string): IgnoreRule {
  const read = readIgnoredPattern(path);
  if (read.kind === 'invalid') throw new Error(read.message);
  return { kind, path: read.pattern };
}
