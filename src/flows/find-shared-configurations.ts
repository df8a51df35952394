import type { ServerSettings } from '../domain/config/server-settings.ts';
import {
  organizationPath,
  readOrganizationFile,
  type SharedConfiguration,
} from '../domain/config/shared-configuration.ts';
import type { Repository } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';
import type { Checkout } from './ports/checkout.ts';
import type { OrganizationFile, OrganizationFiles } from './ports/github.ts';
import { type SourceTree, textOf } from './render-stack.ts';

export interface SharedConfigurationPorts {
  readonly github: OrganizationFiles;
  readonly checkout: Pick<Checkout, 'readFiles'>;
  readonly server: ServerSettings;
}

export type SharedConfigurationsFound =
  | {
      readonly kind: 'found';
      readonly shared: readonly SharedConfiguration[];
      /** Equal for equal files. */
      readonly fingerprint: string;
    }
  /** What the organization asks is not known, so that nothing of its repositories may go. */
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Whether this repository is where its organization keeps what it asks of all. */
export function holdsOrganizationFile({ name }: Repository): boolean {
  return name === '.github';
}

/**
 * What the server file and the organization's `.github` repository ask of this repository, now. In that repository itself the file is the tree's, so that
 * a pull request there is told what is wrong with its own.
 */
export async function findSharedConfigurations(
  ports: SharedConfigurationPorts,
  repository: Repository,
  tree: SourceTree,
): Promise<SharedConfigurationsFound> {
  const { github, server } = ports;
  const ofServer = server.shared === undefined ? [] : [server.shared];
  const home = `${repository.owner}/.github`;
  const found = holdsOrganizationFile(repository)
    ? await fileInTree(ports, repository, tree)
    : await github.organizationFile(repository, organizationPath);
  if (found.kind === 'hidden' && server.organizationRules === 'required')
    return {
      kind: 'invalid',
      problems: [
        {
          severity: 'error',
          message: `the server asks for the rules of ${repository.owner} (organization_rules: required), and the installation cannot see ${home}: give Planwright access to that repository`,
        },
      ],
    };
  if (found.kind !== 'file') return { kind: 'found', shared: ofServer, fingerprint: fingerprintOf(server, found.kind) };
  const path = holdsOrganizationFile(repository) ? organizationPath : `${home}: ${organizationPath}`;
  const text = textOf(path, found.read);
  if (text.kind === 'unreadable') return { kind: 'invalid', problems: [text.problem] };
  const read = readOrganizationFile({ path, text: text.text });
  if (read.kind === 'invalid') return read;
  return { kind: 'found', shared: [...ofServer, read.shared], fingerprint: fingerprintOf(server, found.blob) };
}

async function fileInTree(
  { checkout }: SharedConfigurationPorts,
  repository: Repository,
  tree: SourceTree,
): Promise<OrganizationFile> {
  const entry = tree.entries.find(({ path }) => path === organizationPath);
  if (entry === undefined) return { kind: 'absent' };
  const read = (await checkout.readFiles(repository, tree.at, [organizationPath])).get(organizationPath);
  return { kind: 'file', read: read ?? { kind: 'absent' }, blob: entry.id };
}

function fingerprintOf({ shared }: ServerSettings, organization: string): string {
  return JSON.stringify([[...(shared?.environments ?? [])], shared?.rules ?? [], organization]);
}
