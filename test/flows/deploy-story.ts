import type { AuditRecord, SandboxCluster } from '../../src/sandbox/cluster/cluster.ts';
import type { DeploymentView, IssueView } from '../../src/sandbox/github/views.ts';
import { ChangeStory, type Proposal } from '../e2e/change-story.ts';
import { repo, type Stage, type StageOptions, setStage } from '../e2e/stage.ts';

/**
 * What most deployments are tried on: `lab` asks for nobody's approval and shares the staging cluster; staging asks one person, production one
 * person and staging. Nothing that does not become healthy is waited for longer than two seconds.
 */
export const configuration = `version: 1
environments:
  lab:
    cluster: staging
    approvals: 0
  staging:
    cluster: staging
  production:
    cluster: production
    after: [staging]
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
    cluster_scoped: [Namespace]
    timeout: 2s
`;

export function configMap(name: string, data: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })}\n`;
}

export function workload(
  name: string,
  image: string,
  labels: Readonly<Record<string, string>> = { app: name },
): string {
  const template = { metadata: { labels }, spec: { containers: [{ name, image }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  return `${JSON.stringify({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec })}\n`;
}

/** Several objects in one file. */
export function objects(...texts: readonly string[]): string {
  return texts.join('---\n');
}

/** On a machine that is busy with other things. */
const patienceMs = 40_000;

/** A merged pull request. */
export type Landed = Proposal & { readonly merged: string };

/** A story of deployments: what people do on GitHub and on the clusters, and what is there afterwards. */
export class DeployStory extends ChangeStory {
  readonly stage: Stage;

  constructor(stage: Stage) {
    super(stage);
    this.stage = stage;
  }

  eventually<Value>(what: string, look: () => Value | undefined): Promise<Value> {
    return this.stage.eventually(what, look, patienceMs);
  }

  /** How far GitHub's clock is ahead of this machine's. */
  lead(): number {
    return this.stage.github.clock.now().getTime() - Date.now();
  }

  cluster(name: string): SandboxCluster {
    const cluster = this.stage.clusters.get(name);
    if (cluster === undefined) throw new Error(`the stage has no cluster ${name}`);
    return cluster;
  }

  /** `data` of a ConfigMap in `default`, or undefined when there is none. */
  data(cluster: string, name: string): Record<string, string> | undefined {
    return this.#object(cluster, 'ConfigMap', name)?.data as Record<string, string> | undefined;
  }

  /** The generation and UID tell whether an object was written, and whether it is the same. */
  metadata(cluster: string, kind: string, name: string): Readonly<Record<string, unknown>> | undefined {
    return this.#object(cluster, kind, name)?.metadata as Record<string, unknown> | undefined;
  }

  image(cluster: string, name: string): string | undefined {
    return /"image":"([^"]+)"/.exec(JSON.stringify(this.#object(cluster, 'Deployment', name) ?? {}))?.[1];
  }

  #object(cluster: string, kind: string, name: string): Readonly<Record<string, unknown>> | undefined {
    return this.cluster(cluster)
      .objects()
      .find(
        (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === 'default',
      );
  }

  /** Somebody does this on the cluster by hand. */
  async byHand(
    cluster: string,
    request: {
      readonly method: string;
      readonly path: string;
      readonly body?: unknown;
      readonly type?: string;
      readonly manager?: string;
    },
  ): Promise<void> {
    const { url, token } = this.cluster(cluster);
    const { method, path, body, type = 'application/merge-patch+json', manager = 'kubectl-edit' } = request;
    const answer = await fetch(`${url}${path}?fieldManager=${manager}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': type },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path} by hand: ${answer.status} ${await answer.text()}`);
  }

  /** From here on: requests that changed something on the cluster, or tried to. */
  watchWrites(cluster: string): () => readonly AuditRecord[] {
    const { audit } = this.cluster(cluster);
    const start = audit.length;
    const writing = new Set(['create', 'update', 'patch', 'delete']);
    return () => audit.slice(start).filter(({ verb, dryRun }) => writing.has(verb) && !dryRun);
  }

  override merge(
    { number }: Pick<Proposal, 'number'>,
    method: 'merge' | 'squash' | 'rebase' = 'merge',
  ): Promise<string> {
    return this.stage.github.merge({ repo, number, by: 'bob', method });
  }

  /** Merges what nobody approved, as an administrator can. */
  bypass({ number }: Proposal, by = 'olga'): Promise<string> {
    return this.stage.github.merge({ repo, number, by, bypass: true });
  }

  /** Proposes and merges where nobody is asked; the deployment goes on. */
  async landUnasked(title: string, files: Readonly<Record<string, string | null>>): Promise<Landed> {
    const proposal = await this.propose(title, files);
    await this.ended(proposal.sha, 'planwright/gate', 'success');
    return { ...proposal, merged: await this.merge(proposal) };
  }

  /** … and waits until it is deployed. */
  async deployUnasked(title: string, files: Readonly<Record<string, string | null>>): Promise<Landed> {
    const landed = await this.landUnasked(title, files);
    await this.ended(landed.merged, 'planwright/deploy', 'success');
    return landed;
  }

  /** Proposes, has it approved and merges; the deployment goes on. */
  async land(title: string, files: Readonly<Record<string, string | null>>): Promise<Landed> {
    const proposal = await this.propose(title, files);
    await this.checked(proposal);
    await this.approve(proposal);
    return { ...proposal, merged: await this.merge(proposal) };
  }

  /** The issues of a target's holds and failures, open or not. */
  issues(target: string): readonly IssueView[] {
    return this.stage.github
      .issues(repo)
      .filter((issue) => issue.labels.includes('planwright:held') && issue.title.startsWith(`${target}: `));
  }

  openIssue(target: string, containing = ''): Promise<IssueView> {
    return this.eventually(`the issue of ${target}${containing === '' ? '' : ` with "${containing}"`}`, () =>
      this.issues(target).find((issue) => issue.state === 'open' && issue.body?.includes(containing) === true),
    );
  }

  closedIssue(target: string): Promise<IssueView> {
    return this.eventually(`the end of the issue of ${target}`, () => {
      const [issue, ...others] = this.issues(target);
      return issue !== undefined && others.length === 0 && issue.state === 'closed' ? issue : undefined;
    });
  }

  /** GitHub's deployments of this commit, by environment; two of one environment are an error. */
  deployments(sha: string): ReadonlyMap<string, DeploymentView> {
    const all = this.stage.github.deployments(repo).filter((deployment) => deployment.sha === sha);
    const byEnvironment = new Map(all.map((deployment) => [deployment.environment, deployment]));
    if (byEnvironment.size !== all.length)
      throw new Error(`${sha} has ${all.length} deployments in ${byEnvironment.size} environments`);
    return byEnvironment;
  }

  /** The state that GitHub shows for each environment of this commit. */
  states(sha: string): Readonly<Record<string, string | undefined>> {
    return Object.fromEntries(
      [...this.deployments(sha)].map(([environment, { statuses }]) => [environment, lastOf(statuses)?.state]),
    );
  }

  deployed(sha: string, states: Readonly<Record<string, string>>): Promise<true> {
    return this.eventually(`the deployments ${JSON.stringify(states)}`, () =>
      Object.entries(states).every(([environment, state]) => this.states(sha)[environment] === state)
        ? true
        : undefined,
    );
  }
}

export async function startStory(options: Partial<StageOptions> = {}): Promise<DeployStory> {
  return new DeployStory(await setStage({ files: { '.github/planwright.yml': configuration }, ...options }));
}

function lastOf<Item>(items: readonly Item[]): Item | undefined {
  return items.at(-1);
}
