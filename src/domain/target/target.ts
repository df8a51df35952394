import type { Environment, Stack } from '../config/config.ts';
import type { TargetName } from '../identity.ts';

/** One stack in one environment, found in a tree: the unit of planning, locking and deploying. */
export interface Target {
  readonly name: TargetName;
  readonly stackName: string;
  /** Directory in the repository, without a trailing slash; '' is the root. */
  readonly directory: string;
  readonly environment: Environment;
  readonly stack: Stack;
}
