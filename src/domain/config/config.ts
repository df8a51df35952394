import type { Position } from '../manifest/rendered-object.ts';
import type { IgnoreRule } from '../plan/ignored-fields.ts';
import type { ForceConflicts } from '../plan/take-fields.ts';
import type { ApprovalSource, Rule } from './rule.ts';

/** `.github/planwright.yml`, read, validated and with every default filled in. Shapes follow the published schema. */
export interface Configuration {
  readonly apply: ApplyMode;
  readonly environments: ReadonlyMap<string, Environment>;
  readonly stacks: readonly Stack[];
  /** Conditions of the gate. */
  readonly rules: readonly Rule[];
}

/** When what was approved is applied. */
export type ApplyMode =
  | { readonly kind: 'after-merge' }
  /** From the test merge, on `/apply`. `position`: where the file says so. */
  | { readonly kind: 'before-merge'; readonly position: Position };

export interface Environment {
  readonly name: string;
  /** A cluster that the server names. */
  readonly cluster: string;
  /** People who must approve a plan that changes something here. */
  readonly approvals: number;
  /** Environments whose targets of the same merge must be healthy before this one's start. */
  readonly after: readonly string[];
  /** Who may say `/override approvals` here; nobody when it is empty or absent. Absent: the file says nothing of approvals, and leaves it to the organization's. */
  readonly override?: readonly ApprovalSource[];
}

export interface Stack {
  /** Undefined: the name is captured by `{stack}` or follows the path. */
  readonly name?: string;
  /** Directory pattern with `{stack}` and `{environment}`. */
  readonly path: string;
  /** Undefined: detected from the files. */
  readonly renderer?: 'manifests';
  readonly watch: readonly string[];
  /** For objects that name none. */
  readonly namespace?: string;
  /** The only namespaces that it may touch; undefined: those that the server allows. */
  readonly namespaces?: readonly string[];
  /** Kinds without namespace that it may touch. */
  readonly clusterScoped: readonly string[];
  /** Fields that others own: sent when the object is created, then left alone. */
  readonly ignore: readonly IgnoreRule[];
  readonly forceConflicts: ForceConflicts;
  readonly prune: boolean;
  readonly timeoutMs: number;
  /** Where the stack is declared in the file. */
  readonly position: Position;
}
