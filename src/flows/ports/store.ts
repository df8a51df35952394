import type { AuditRecord } from '../../domain/audit/audit-record.ts';
import type { Hint } from '../../domain/delivery/hint.ts';
import type { Deployment, DeploymentPhase, TestMergeParents } from '../../domain/deployment/deployment.ts';
import type { Override } from '../../domain/gate/override.ts';
import type { Permission, Person } from '../../domain/gate/people.ts';
import type {
  ClusterUid,
  CommitSha,
  DeliveryGuid,
  PlanDigest,
  PullNumber,
  Repository,
  RepositoryId,
  TargetName,
  TreeSha,
} from '../../domain/identity.ts';
import type { ObjectIdentity } from '../../domain/manifest/rendered-object.ts';
import type { Effect } from '../../domain/plan/effect.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { PlanningOutcome } from '../../domain/report/pull-request-view.ts';
import type { RequestedJob } from './jobs.ts';

/**
 * One planning of a pull request's head. `id` is the external id of its `planwright/plan` run. It was *shown* once GitHub has completed that run:
 * `shownAtMs` is GitHub's clock.
 */
export interface PlanRun {
  readonly id: string;
  readonly repository: RepositoryId;
  readonly pull: PullNumber;
  readonly head: CommitSha;
  readonly base: CommitSha;
  /** Undefined when head and base conflict. */
  readonly tree: TreeSha | undefined;
  /** Equal fingerprints mean that planning again would look at the same inputs. */
  readonly fingerprint: string;
  readonly plans: readonly PlanDigest[];
  readonly outcome: PlanningOutcome;
  readonly shownAtMs?: number;
}

/** The last planning of a pull request, as far as one has to know to tell whether something concerns it. */
export interface LatestRun extends Pick<PlanRun, 'pull' | 'head' | 'base' | 'tree'> {
  readonly targets: ReadonlySet<TargetName>;
}

/** A merge group that was looked at. */
export interface MergeGroupRecord {
  readonly repository: RepositoryId;
  readonly head: CommitSha;
  /** Its own branch, without `refs/heads/`. */
  readonly ref: string;
  /** The branch that it is to be merged into. */
  readonly branch: string;
  /** What it holds, next to be merged first. */
  readonly pulls: readonly PullNumber[];
  /** What came of planning it last; undefined before. */
  readonly planned?: {
    /** 1 for the first planning. */
    readonly count: number;
    readonly base: CommitSha;
    /** As a plan run's. */
    readonly fingerprint: string;
    readonly outcome: PlanningOutcome;
  };
  /** It was merged or given up, and will not come back. */
  readonly over: boolean;
}

export type MergeGroupMembers = Omit<MergeGroupRecord, 'planned' | 'over'>;

/** A command line of a comment, waiting to be answered once. */
export interface StoredCommand {
  readonly commentId: number;
  readonly repository: RepositoryId;
  /** Pull request or issue number. */
  readonly issue: number;
  readonly bodyDigest: string;
  /** Targets for which it is carried out already, although it is not answered yet. Absent: none. */
  readonly obeyed?: readonly TargetName[];
}

/** Somebody pressed a button of a commit's checks. Who it was stands in the signed delivery alone: GitHub cannot be asked again. */
export interface ButtonPress {
  readonly guid: DeliveryGuid;
  readonly repository: RepositoryId;
  readonly sha: CommitSha;
  readonly identifier: string;
  readonly by: Person;
}

/** What was true of a pull request's approvals when it was merged; written once. */
export interface MergeRecord {
  readonly repository: RepositoryId;
  readonly pull: PullNumber;
  readonly commit: CommitSha;
  readonly base: string;
  readonly author: Person;
  /** Ids of everybody who put something into it. */
  readonly contributors: readonly number[];
  readonly mergedBy: Person | undefined;
  /** What the merged head was planned as; absent where it was merged before it was planned. */
  readonly plans?: readonly PlanDigest[];
  readonly sequence: number;
  /** Why the gate was not open; empty when it was. */
  readonly blockers: readonly string[];
  readonly approvals: readonly RecordedApproval[];
}

/** A pull request's place in the queue for a target; the first of a target's holds its lock. */
export interface LockEntry {
  readonly repository: RepositoryId;
  readonly target: TargetName;
  readonly pull: PullNumber;
  /** Who asked for it. */
  readonly by: Person;
}

/** A person's approval of these plans' effects. */
export interface RecordedApproval {
  readonly person: Person;
  /** What the person was allowed to do at that moment. */
  readonly permission: Permission;
  readonly plans: readonly PlanDigest[];
  /** Whom rules ask for that the person was among at that moment, as configurations write it (`team:sre`). Absent: nothing was asked. */
  readonly sources?: readonly string[];
}

/** The commit that a target has on its cluster, as far as Planwright brought it there. */
export interface DeployedTarget {
  readonly repository: RepositoryId;
  readonly target: TargetName;
  readonly cluster: ClusterUid;
  readonly commit: CommitSha;
  /** Of the merge that it was deployed for. */
  readonly sequence: number;
  readonly directory: string;
  /** Leaves that the API server stored differently from how they were rendered (`1000m` → `1`), by canonical JSON; secrets by HMAC. */
  readonly stored: readonly StoredLeaf[];
}

export interface StoredLeaf {
  readonly object: ObjectIdentity;
  readonly path: string;
  /** Text of the effect value (its kind and content) that lies on the cluster, and of the rendered one that it stands for. */
  readonly live: string;
  readonly rendered: string;
}

/** What was last said on GitHub under a key, so that nothing is written twice and nothing unchanged is written again. */
export interface ReportedItem {
  /** `check:<sha>:<name>`, `planning:<pull>` (its external id is the head), `base:<branch>` (the tip that was looked at last), `comment:<pull>`, `deployment:<pull>:<environment>`, `issue:<target>`. */
  readonly key: string;
  readonly repository: RepositoryId;
  /** GitHub's id; undefined while only intended. */
  readonly githubId?: number;
  readonly externalId: string;
  /** SHA-256 of what was said; something else while it is only intended. */
  readonly content: string;
  /** For a check: no more updates, only a new run. */
  readonly closed: boolean;
}

export interface DeploymentStep {
  readonly deployment: number;
  readonly object: ObjectIdentity;
  readonly action: 'create' | 'update' | 'replace' | 'delete' | 'release';
  readonly state: 'intended' | 'done';
}

/** Proof that this process holds a target's lock; a write with an outdated token is refused. */
export interface LockProof {
  readonly repository: RepositoryId;
  readonly target: TargetName;
  readonly fencingToken: number;
}

/** A write came from a holder whose lock was taken over: it must stop at once. */
export class LockLost extends Error {
  constructor(target: TargetName) {
    super(`the lock of ${target} was taken over by another worker; this one stops without writing`);
    this.name = 'LockLost';
  }
}

/** The rows, each operation atomic by itself; inside `transaction`, together. */
export interface Records {
  // Deliveries
  /** Stores hints whose GUID is new; the number of new ones. */
  addDeliveries(hints: readonly Hint[]): Promise<number>;
  /** Unhandled deliveries, oldest first, locked against other workers inside a transaction. */
  takeDeliveries(limit: number): Promise<readonly Hint[]>;
  markDeliveriesHandled(guids: readonly string[]): Promise<void>;

  // Jobs, as part of the same transaction
  requestJob(request: RequestedJob): Promise<void>;

  // Commands
  /** False when the comment's commands were stored before. */
  addCommand(command: StoredCommand): Promise<boolean>;
  pendingCommands(repository: RepositoryId, issue: number): Promise<readonly StoredCommand[]>;
  /** Belongs into the transaction that carries a waiting command out: nobody who answers it after a crash does so again. */
  markObeyed(repository: RepositoryId, commentId: number, target: TargetName): Promise<void>;
  finishCommand(repository: RepositoryId, commentId: number, outcome: string): Promise<void>;

  // Buttons
  /** Once a delivery. */
  addPress(press: ButtonPress): Promise<void>;
  /** Presses on this commit's checks that wait to be answered, oldest first. */
  pendingPresses(repository: RepositoryId, sha: CommitSha): Promise<readonly ButtonPress[]>;
  finishPress(guid: DeliveryGuid, outcome: string): Promise<void>;

  // Plans
  savePlans(repository: RepositoryId, plans: readonly Plan[]): Promise<void>;
  /** The one that was saved last; plans without effects share a digest, so that `of` may say whose is meant. */
  plan(
    digest: PlanDigest,
    of?: Pick<Plan, 'target' | 'head'>,
  ): Promise<{ readonly repository: RepositoryId; readonly plan: Plan } | undefined>;
  savePlanRun(run: PlanRun): Promise<void>;
  /** All runs of the pull request, oldest first. */
  planRuns(repository: RepositoryId, pull: PullNumber): Promise<readonly PlanRun[]>;
  /** Of each of these pull requests that was ever planned, the newest run. */
  latestRuns(repository: RepositoryId, pulls: readonly PullNumber[]): Promise<ReadonlyMap<PullNumber, LatestRun>>;
  markShown(runId: string, shownAtMs: number): Promise<void>;
  /** Pull requests that were planned with this head. */
  pullsWithHead(repository: RepositoryId, head: CommitSha): Promise<readonly PullNumber[]>;
  /** Empties the fingerprints of the runs and of the merge group with this head, so that the next look plans again. */
  forgetPlanRuns(repository: RepositoryId, head: CommitSha): Promise<void>;
  saveMergeGroup(group: MergeGroupRecord): Promise<void>;
  mergeGroup(repository: RepositoryId, head: CommitSha): Promise<MergeGroupRecord | undefined>;
  /** Those that are not over, without what they were planned as. */
  openMergeGroups(repository: RepositoryId): Promise<readonly MergeGroupMembers[]>;
  /** All that ever held this pull request, over or not. */
  mergeGroupsOf(repository: RepositoryId, pull: PullNumber): Promise<readonly MergeGroupMembers[]>;
  /** Effects of these plans, for coverage. */
  effects(plans: readonly PlanDigest[]): Promise<ReadonlyMap<PlanDigest, readonly Effect[]>>;

  /** A person with write access asked for a live plan of a fork's head. */
  allowLivePlan(repository: RepositoryId, pull: PullNumber, head: CommitSha): Promise<void>;
  isLivePlanAllowed(repository: RepositoryId, pull: PullNumber, head: CommitSha): Promise<boolean>;

  // What was said on GitHub
  reported(repository: RepositoryId, key: string): Promise<ReportedItem | undefined>;
  /** Items whose key begins so (`issue:`). */
  reportedUnder(repository: RepositoryId, keyPrefix: string): Promise<readonly ReportedItem[]>;
  saveReported(item: ReportedItem): Promise<void>;

  // Repositories that are known since …
  /** Records when Planwright first saw the repository; returns the time of the first call. */
  firstSeen(repository: RepositoryId, nowMs: number): Promise<number>;
  /** Keeps what the repository is called now, for people who ask for its records by name. */
  nameRepository(repository: Repository): Promise<void>;
  /** Repositories of this account, by what they were called last. */
  repositoriesOf(owner: string): Promise<readonly RepositoryId[]>;

  // Merges and deployments
  /** Writes the record once, giving it the repository's next sequence; a second call returns the first one's record. */
  recordMerge(record: Omit<MergeRecord, 'sequence'>): Promise<MergeRecord>;
  merge(repository: RepositoryId, pull: PullNumber): Promise<MergeRecord | undefined>;
  /** The merge that brought this commit to the base branch. */
  mergeOfCommit(repository: RepositoryId, commit: CommitSha): Promise<MergeRecord | undefined>;
  /** Merges of this repository with sequence in (after, upTo], for chains of approvals. */
  mergesBetween(repository: RepositoryId, after: number, upTo: number): Promise<readonly MergeRecord[]>;
  /** Creates the deployments that do not exist yet for (pull, target), or (pull, target, commit) before the merge. */
  addDeployments(deployments: readonly Omit<Deployment, 'id' | 'phase'>[]): Promise<void>;
  deployment(id: number): Promise<Deployment | undefined>;
  /** Those of the merge itself. */
  deploymentsOfMerge(repository: RepositoryId, pull: PullNumber): Promise<readonly Deployment[]>;
  /** Those of its test merges, in the order in which they were asked for (last). */
  deploymentsBeforeMerge(repository: RepositoryId, pull: PullNumber): Promise<readonly Deployment[]>;
  /** What a commit that only Planwright has was made of; undefined for any other commit. */
  testMergeOf(
    repository: RepositoryId,
    commit: CommitSha,
  ): Promise<(TestMergeParents & { readonly pull: PullNumber }) | undefined>;
  /** The target's newest deployment of a merge by merge order, ended or not. */
  latestDeployment(repository: RepositoryId, target: TargetName): Promise<Deployment | undefined>;
  /** Back to `queued` when it is `failed` (nobody holds a failed deployment's lock); false when it is not. */
  retryFailed(deployment: number): Promise<boolean>;
  /** Back to `queued` when it is a test merge's and has ended; false when it is not. */
  applyAgain(deployment: number): Promise<boolean>;
  /** Deployments of the target that are not ended, in merge order. */
  openDeployments(repository: RepositoryId, target: TargetName): Promise<readonly Deployment[]>;
  /** Merged pull requests whose deployment of this target has not ended, in merge order. */
  pendingPulls(repository: RepositoryId, target: TargetName): Promise<readonly PullNumber[]>;
  /** Moves a deployment, with the cause, into its append-only history. Rejects with LockLost when the proof is outdated. */
  setPhase(deployment: Deployment, phase: DeploymentPhase, proof: LockProof): Promise<void>;
  addStep(step: DeploymentStep, proof: LockProof): Promise<void>;
  steps(deployment: number): Promise<readonly DeploymentStep[]>;
  /** An approval of a held plan given by `/apply`. */
  addHoldApproval(approval: {
    readonly deployment: number;
    readonly person: Person;
    readonly permission: Permission;
    readonly plan: PlanDigest;
    readonly sources: readonly string[];
  }): Promise<void>;
  holdApprovals(deployment: number): Promise<readonly RecordedApproval[]>;

  // Overrides
  /** Adds what somebody said with `/override`; false when this comment's word on these plans is there already. */
  addOverride(said: {
    readonly repository: RepositoryId;
    readonly pull: PullNumber;
    readonly override: Override;
  }): Promise<boolean>;
  /** Everything that was overridden on the pull request and on the holds of its deployments, oldest first, whether or not it still counts. */
  overrides(repository: RepositoryId, pull: PullNumber): Promise<readonly Override[]>;

  deployed(repository: RepositoryId, target: TargetName): Promise<DeployedTarget | undefined>;
  /** All targets of the repository that are deployed. */
  deployedTargets(repository: RepositoryId): Promise<readonly DeployedTarget[]>;
  setDeployed(deployed: DeployedTarget, proof: LockProof): Promise<void>;
  /** The target was removed from its cluster. */
  clearDeployed(repository: RepositoryId, target: TargetName, proof: LockProof): Promise<void>;

  // Locks of targets by pull requests, before the merge
  /** Puts the pull request behind those who asked before, unless it is among them; the queue as it is then. Requests for one target take turns. */
  queueForLock(entry: LockEntry): Promise<readonly LockEntry[]>;
  /** Who holds the target's lock, and who waits for it in which order. Inside a transaction the queue cannot be left until it ends. */
  lockQueue(repository: RepositoryId, target: TargetName): Promise<readonly LockEntry[]>;
  /** The targets that the pull request holds or waits for. */
  locksOf(repository: RepositoryId, pull: PullNumber): Promise<readonly TargetName[]>;
  /** False when it was not in the queue. */
  leaveLockQueue(repository: RepositoryId, target: TargetName, pull: PullNumber): Promise<boolean>;

  audit(record: AuditRecord): Promise<void>;
}

export interface Store extends Records {
  /** All or nothing. The work may be run again after a serialization failure: it must have no effect outside. */
  transaction<Result>(work: (records: Records) => Promise<Result>): Promise<Result>;
  /** Takes the target's lock, with a new fencing token, from whoever had it; the caller is the only one running the target's job. */
  lock(repository: RepositoryId, target: TargetName): Promise<LockProof>;
  /** A random 32-byte key made once and kept, for the HMACs of secret values. */
  secretKey(): Promise<Uint8Array>;
  /** Resolves when the database answers and its migrations are current. */
  ready(): Promise<void>;
}
