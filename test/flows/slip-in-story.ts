import { parseTargetName, repositoryId } from '../../src/domain/identity.ts';
import { applySetOf } from '../../src/domain/plan/applyset.ts';
import type { SandboxGitHub } from '../../src/sandbox/github/github.ts';
import { repo } from '../e2e/stage.ts';
import { ApprovedMoves, moveText } from './approved-moves.ts';
import { type DeployStory, startStory } from './deploy-story.ts';
import { type Pull, PullRequestStory } from './pull-request-story.ts';

export type Kind = 'ConfigMap' | 'Secret';

/** A target of its own, in which one object of the stack's name has one value. */
export interface Stack {
  readonly stack: string;
  readonly kind: Kind;
  /** `low` is deployed before; else the target is new. */
  readonly isDeployed: boolean;
}

/** The stack's value is to become `high`, which its own approver has approved. */
export interface Change extends Stack {
  readonly pull: Pull;
  readonly approver: string;
  readonly reviewId: number;
  /** What the approval promises, and nothing else. */
  readonly promised: readonly string[];
}

const crewRule = (stack: string) =>
  `  - name: ${stack}\n    when: {stack: ${stack}}\n    require: {from: ["team:crew"]}\n`;
const written = (kind: Kind, value: string) => (kind === 'Secret' ? Buffer.from(value).toString('base64') : value);

/** One change after the other on one stage, where everything that happens to the cluster is held against what was approved at that moment. */
export class SlipInStory {
  readonly deployments: DeployStory;
  readonly pulls: PullRequestStory;
  readonly moves: ApprovedMoves;
  readonly #repositoryId: number;
  readonly #stricter = new Set<string>();
  readonly #strictInOrganization = new Set<string>();
  readonly #owners: Map<string, string>;

  private constructor(
    deployments: DeployStory,
    of: { readonly repositoryId: number; readonly owners: Map<string, string> },
  ) {
    this.deployments = deployments;
    this.pulls = new PullRequestStory(deployments.stage);
    this.moves = new ApprovedMoves(deployments.cluster('staging'));
    this.#repositoryId = of.repositoryId;
    this.#owners = of.owners;
  }

  static async start(stacks: readonly Stack[]): Promise<SlipInStory> {
    const owners = new Map(stacks.map(({ stack }) => [stack, approverOf(stack)]));
    const deployments = await startStory({
      clusterNames: ['staging'],
      files: { '.github/planwright.yml': configurationOf([]), CODEOWNERS: ownersOf(owners) },
    });
    const { github } = deployments.stage;
    await github.createRepository('acme/.github', { files: { 'planwright.yml': organizationFileOf([]) } });
    github.createTeam('acme', 'crew', { members: [] });
    for (const { stack } of stacks) {
      github.createUser(approverOf(stack));
      github.grant(repo, approverOf(stack), 'write');
      if (stack.startsWith('left-')) github.addTeamMember('acme', 'crew', approverOf(stack));
    }
    const there = stacks.filter(({ isDeployed }) => isDeployed);
    if (there.length > 0) {
      const files = there.map((one) => [fileOf(one.stack), manifestOf(one, 'low')] as const);
      await deployments.deploy(await deployments.propose('What is there before', Object.fromEntries(files)));
    }
    const answer = await fetch(`${github.url}/api/v3/repos/${repo}`, {
      headers: { authorization: 'token user:alice' },
    });
    const { id } = (await answer.json()) as { readonly id: number };
    return new SlipInStory(deployments, { repositoryId: id, owners });
  }

  get github(): SandboxGitHub {
    return this.deployments.stage.github;
  }

  async close(): Promise<void> {
    await this.moves.close();
    await this.deployments.stage.close();
  }

  /** Shown, and approved by somebody; whether the gate has heard of that is open. */
  async approved(of: Stack): Promise<Change> {
    const { stack, kind, isDeployed } = of;
    const pull = await this.pulls.open({ title: stack, files: { [fileOf(stack)]: manifestOf(of, 'high') } });
    await this.pulls.checked(pull);
    const before = isDeployed ? written(kind, 'low') : undefined;
    const promised = [moveText(stack, 'value', before, written(kind, 'high'))];
    this.moves.approve(promised);
    const reviewId = await this.pulls.review(pull, approverOf(stack));
    return { ...of, pull, promised, reviewId, approver: approverOf(stack) };
  }

  /** Whatever the checks say, as an administrator can. */
  merge({ pull }: Pick<Change, 'pull'>): Promise<string> {
    return this.github.merge({ repo, number: pull.number, by: 'olga', bypass: true });
  }

  push({ pull, ...of }: Change, value: string, more: { readonly force?: boolean } = {}): Promise<string> {
    return this.pulls.push(pull, { [fileOf(of.stack)]: manifestOf(of, value) }, more);
  }

  pushBeside({ stack }: Stack): Promise<string> {
    return this.#pushToBase(besideOf(stack));
  }

  async mergeUnapprovedBeside({ stack }: Stack): Promise<void> {
    await this.merge({ pull: await this.pulls.open({ title: `Beside ${stack}`, files: besideOf(stack) }) });
  }

  makeStricter({ stack }: Stack): Promise<string> {
    this.#stricter.add(stack);
    return this.#pushToBase({ '.github/planwright.yml': configurationOf([...this.#stricter]) });
  }

  makeOrganizationStricter({ stack }: Stack): Promise<string> {
    this.#strictInOrganization.add(stack);
    const files = { 'planwright.yml': organizationFileOf([...this.#strictInOrganization]) };
    return this.github.push({ repo: 'acme/.github', branch: 'main', files, author: 'olga' });
  }

  giveTo(owner: string, { stack }: Stack): Promise<string> {
    this.#owners.set(stack, owner);
    return this.#pushToBase({ CODEOWNERS: ownersOf(this.#owners) });
  }

  #pushToBase(files: Readonly<Record<string, string>>): Promise<string> {
    return this.github.push({ repo, branch: 'main', files, author: 'olga' });
  }

  /** Somebody changes the deployed value on the cluster. */
  changeByHand(of: Stack, value: string): Promise<void> {
    this.moves.expectByHand(moveText(of.stack, 'value', written(of.kind, 'low'), written(of.kind, value)));
    const body = { data: { value: written(of.kind, value) } };
    return this.deployments.byHand('staging', { method: 'PATCH', path: pathOf(of), body });
  }

  deleteByHand(of: Stack): Promise<void> {
    this.moves.expectByHand(moveText(of.stack, 'value', written(of.kind, 'low'), undefined));
    return this.deployments.byHand('staging', { method: 'DELETE', path: pathOf(of) });
  }

  /** Whether the change is deployed. */
  isDone({ stack, kind }: Stack): boolean {
    const object = this.deployments
      .cluster('staging')
      .objects()
      .find((one) => one.kind === kind && one.metadata.name === stack);
    return (object?.data as Record<string, string> | undefined)?.value === written(kind, 'high');
  }

  /** The merge is recorded, and the target's first look at its cluster ends without an answer: it will look again, from the start. */
  lookedAt({ stack }: Stack): Promise<void> {
    const target = parseTargetName(`${stack}@staging`);
    const owner = { host: this.github.host, repository: repositoryId(this.#repositoryId), target };
    const path = new RegExp(`/configmaps/${applySetOf(owner, 'default').parentName}$`);
    return this.#refused({ method: 'GET', path, status: 403 });
  }

  /** It is planned and approved, and its first write has to wait. */
  writing(of: Stack): Promise<void> {
    const path = new RegExp(`${pathOf(of)}\\?(?!.*dryRun)`);
    return this.#refused({ method: 'PATCH', path, status: 429, headers: { 'Retry-After': '2' } });
  }

  async #refused(fault: Parameters<ReturnType<DeployStory['cluster']>['faults']['failNext']>[0]): Promise<void> {
    const { audit, faults } = this.deployments.cluster('staging');
    const start = audit.length;
    faults.failNext(fault);
    await this.deployments.eventually(`${fault.method} ${fault.path}`, () =>
      audit.slice(start).find(({ requestURI, code }) => code === fault.status && fault.path.test(requestURI)),
    );
  }
}

/** Rules for the stacks that are named after what slips in there. */
function configurationOf(stricter: readonly string[]): string {
  return `version: 1
environments:
  staging: {cluster: staging}
stacks:
  - path: apps/{stack}/{environment}
    namespace: default
rules:
  - name: of the crew
    when: {stack: "left-*"}
    require: {from: ["team:crew"]}
  - name: of the owners
    when: {stack: "owned-*"}
    require: {from: [codeowners]}
  - name: risky
    when: {stack: "labelled-*", label: risk}
    require: {from: ["team:crew"]}
  - name: said to be risky
    when: {stack: "titled-*", expression: "pull.title.contains('risky')"}
    require: {from: ["team:crew"]}
${stricter.map(crewRule).join('')}`;
}

function organizationFileOf(stricter: readonly string[]): string {
  return `version: 1\n${stricter.length === 0 ? '' : `rules:\n${stricter.map(crewRule).join('')}`}`;
}

function ownersOf(owners: ReadonlyMap<string, string>): string {
  return [...owners].map(([stack, owner]) => `/apps/${stack}/ @${owner}\n`).join('');
}

function approverOf(stack: string): string {
  return `by-${stack}`;
}

function fileOf(stack: string): string {
  return `apps/${stack}/staging/settings.yaml`;
}

function besideOf(stack: string): Readonly<Record<string, string>> {
  const beside = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${stack}-beside` }, data: { value: 'new' } };
  return { [`apps/${stack}/staging/beside.yaml`]: JSON.stringify(beside) };
}

function manifestOf({ stack, kind }: Stack, value: string): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind, metadata: { name: stack }, data: { value: written(kind, value) } })}\n`;
}

function pathOf({ stack, kind }: Stack): string {
  return `/api/v1/namespaces/default/${kind.toLowerCase()}s/${stack}`;
}
