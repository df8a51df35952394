import type { DeploymentPhase } from '../../src/domain/deployment/deployment.ts';
import type { GateDecision, Requirement } from '../../src/domain/gate/decision.ts';
import { decisionOf } from '../../src/domain/gate/decision.ts';
import type { Person } from '../../src/domain/gate/people.ts';
import {
  clusterUid,
  commitSha,
  type PlanDigest,
  parseTargetName,
  planDigest,
  pullNumber,
  treeSha,
} from '../../src/domain/identity.ts';
import type { ObjectIdentity, Problem } from '../../src/domain/manifest/rendered-object.ts';
import type { Effect, EffectValue } from '../../src/domain/plan/effect.ts';
import type { Change, Difference, Plan, ShownValue } from '../../src/domain/plan/plan.ts';
import type { DeploymentView, PlanningOutcome, PullRequestView } from '../../src/domain/report/pull-request-view.ts';

/** One builder a concept; each gives something realistic that a test then says its own point about. */

export const head = commitSha('8f14e45fceea167a5a36dedd4bea2543c1a2b3c4');
export const base = commitSha('c9f0f895fb98ab9159f51fd0297e236d5e6f7a8b');
export const mergeCommit = commitSha('45c48cce2e2d7fbdea1afc51c7c6ad26a9b8c7d6');
export const planUrl = (plan: { readonly digest: PlanDigest }): string =>
  `https://planwright.example.com/plans/${plan.digest}`;

/** A digest that begins with the digits and goes on with zeros. */
export function digest(digits: string): PlanDigest {
  return planDigest(digits.padEnd(64, '0'));
}

export function text(value: string): ShownValue {
  return { kind: 'text', text: value };
}

export const absent: ShownValue = { kind: 'absent' };
export const secret: ShownValue = { kind: 'secret' };

/** `object('apps/Deployment', 'web/frontend')`, `object('Namespace', 'web')`. */
export function object(kind: string, name: string): ObjectIdentity {
  const [group, plainKind] = kind.includes('/') ? split(kind) : ['', kind];
  if (!name.includes('/')) return { group, kind: plainKind, name };
  const [namespace, plainName] = split(name);
  return { group, kind: plainKind, namespace, name: plainName };
}

function split(value: string): readonly [string, string] {
  const slash = value.indexOf('/');
  return [value.slice(0, slash), value.slice(slash + 1)];
}

export function difference(
  path: string,
  before: ShownValue,
  after: ShownValue,
  origin: Difference['origin'] = { kind: 'this' },
): Difference {
  return { path, before, after, origin };
}

export function change(overrides: Partial<Change> = {}): Change {
  return {
    object: object('apps/Deployment', 'web/frontend'),
    action: 'update',
    differences: [
      difference('spec.template.spec.containers[name=web].image', text('acme/web:1.8.2'), text('acme/web:1.9.0')),
    ],
    confidence: { level: 'server' },
    notes: [],
    write: true,
    ...overrides,
  };
}

export function createdConfigMap(name: string): Change {
  return change({
    object: object('ConfigMap', name),
    action: 'create',
    differences: [
      difference('data.LOG_LEVEL', absent, text('info')),
      difference('data.REGION', absent, text('eu-west-1')),
    ],
  });
}

export function deletedClaim(name: string): Change {
  return change({
    object: object('PersistentVolumeClaim', name),
    action: 'delete',
    danger: 'deletes the object and the data on its volume',
    differences: [
      difference('spec.accessModes[0]', text('ReadWriteOnce'), absent),
      difference('spec.resources.requests.storage', text('100Gi'), absent),
      difference('spec.storageClassName', text('fast-ssd'), absent),
    ],
  });
}

export function plan(overrides: Partial<Plan> & { readonly name?: string } = {}): Plan {
  const { name = 'web@production', ...rest } = overrides;
  return {
    digest: digest('3b1f0c9d5e7a'),
    target: parseTargetName(name),
    cluster: { name: name.slice(name.lastIndexOf('@') + 1), uid: clusterUid('5e2f6a1c-0000-4000-8000-000000000001') },
    kind: 'update',
    head,
    base,
    tree: treeSha('4b825dc642cb6eb9a060e54bf8d69288fbee4904'),
    effects: [],
    moves: [],
    changes: [change()],
    problems: [],
    complete: true,
    rendered: 4,
    owned: 4,
    ...rest,
  };
}

export function planned(
  plans: readonly Plan[],
  overrides: Partial<Extract<PlanningOutcome, { kind: 'planned' }>> = {},
): PlanningOutcome {
  return { kind: 'planned', plans, problems: [], configurationChanged: false, offline: false, ...overrides };
}

export function view(overrides: Partial<PullRequestView> = {}): PullRequestView {
  return {
    pull: pullNumber(42),
    head,
    base: { ref: 'main', sha: base },
    outcome: planned([plan()]),
    gate: openGate(),
    deployments: [],
    overrides: [],
    planUrl,
    ...overrides,
  };
}

export function requirement(overrides: Partial<Requirement> = {}): Requirement {
  return {
    name: 'plan is current',
    status: 'met',
    reason: 'the plan is of this head and this base',
    who: [],
    evidence: [],
    targets: [],
    ...overrides,
  };
}

export function missingApproval(...targets: readonly string[]): Requirement {
  return requirement({
    name: 'approvals of production',
    status: 'unmet',
    reason: '1 of 2 people approved',
    who: ['people with write access'],
    evidence: ['kim approved at 8f14e45fceea: counts', 'robin approved at 8f14e45fceea: does not count, is the author'],
    targets: targets.map(parseTargetName),
  });
}

export function openGate(): GateDecision {
  return decisionOf([
    requirement(),
    requirement({
      name: 'approvals of production',
      reason: '2 of 2 people approved',
      evidence: ['kim approved: counts', 'sasha approved: counts'],
    }),
  ]);
}

export function waitingGate(...targets: readonly string[]): GateDecision {
  return decisionOf([requirement(), missingApproval(...targets)]);
}

export function problem(message: string, place?: { readonly path: string; readonly line: number }): Problem {
  return place === undefined
    ? { severity: 'error', message }
    : { severity: 'error', message, position: { ...place, column: 3 } };
}

export function person(login: string, overrides: Partial<Person> = {}): Person {
  return {
    id: [...login].reduce((sum, letter) => sum * 31 + (letter.codePointAt(0) ?? 0), 7),
    login,
    bot: false,
    ...overrides,
  };
}

export function deployment(
  target: string,
  phase: DeploymentPhase,
  overrides: Partial<DeploymentView> = {},
): DeploymentView {
  return {
    target: parseTargetName(target),
    environment: target.slice(target.lastIndexOf('@') + 1),
    phase,
    ...overrides,
  };
}

export function json(value: unknown): EffectValue {
  return { kind: 'json', json: JSON.stringify(value) };
}

export function effect(overrides: Partial<Effect> = {}): Effect {
  return {
    target: parseTargetName('web@production'),
    cluster: clusterUid('5e2f6a1c-0000-4000-8000-000000000001'),
    object: object('apps/Deployment', 'web/frontend'),
    action: 'update',
    path: 'spec.replicas',
    before: json(2),
    after: json(3),
    ...overrides,
  };
}

/** The plan of these targets failed. */
export function blockedGate(...targets: readonly string[]): GateDecision {
  return decisionOf([
    requirement({ status: 'failed', reason: 'the plan failed', targets: targets.map(parseTargetName) }),
    missingApproval(...targets),
  ]);
}
