import type { ServerSettings } from '../domain/config/server-settings.ts';
import type { BundledSchemas } from './ports/bundled-schemas.ts';
import type { Checkout } from './ports/checkout.ts';
import type { Clock, Log } from './ports/clock.ts';
import type { Clusters } from './ports/cluster.ts';
import type { Decoder } from './ports/decoder.ts';
import type { GitHub } from './ports/github.ts';
import type { InputMemory } from './ports/input-memory.ts';
import type { Store } from './ports/store.ts';

/** What the stories of a pull request need from outside. */
export interface PullRequestPorts {
  readonly github: GitHub;
  readonly checkout: Checkout;
  readonly decoder: Decoder;
  readonly clusters: Clusters;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly server: ServerSettings;
  readonly schemas: BundledSchemas;
  readonly inputs: InputMemory;
}
