import type { ServerSettings } from '../domain/config/server-settings.ts';
import {
  organizationPath,
  readOrganizationFile,
  type SharedConfiguration,
} from '../domain/config/shared-configuration.ts';
import type { Repository } from '../domain/identity.ts';
import type { Problem } from '../domain/manifest/rendered-object.ts';
import type { OrganizationFiles } from './ports/github.ts';
import { textOf } from './render-stack.ts';

export interface SharedConfigurationPorts {
  readonly github: OrganizationFiles;
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

/** What the server file and the organization's `.github` repository ask of this repository, now. */
export async function findSharedConfigurations(
  { github, server }: SharedConfigurationPorts,
  repository: Repository,
): Promise<SharedConfigurationsFound> {
  const ofServer = server.shared === undefined ? [] : [server.shared];
  const path = `${repository.owner}/.github: ${organizationPath}`;
  const found = await github.organizationFile(repository, organizationPath);
  if (found.kind === 'hidden' && server.organizationRules === 'required')
    return {
      kind: 'invalid',
      problems: [
        {
          severity: 'error',
          message: `the server asks for the rules of ${repository.owner} (organization_rules: required), and the installation cannot see ${repository.owner}/.github: give Planwright access to that repository`,
        },
      ],
    };
  if (found.kind !== 'file') return { kind: 'found', shared: ofServer, fingerprint: fingerprintOf(server, found.kind) };
  const text = textOf(path, { kind: 'file', bytes: found.bytes });
  if (text.kind === 'unreadable') return { kind: 'invalid', problems: [text.problem] };
  const read = readOrganizationFile({ path, text: text.text });
  if (read.kind === 'invalid') return read;
  return { kind: 'found', shared: [...ofServer, read.shared], fingerprint: fingerprintOf(server, found.blob) };
}

function fingerprintOf({ shared }: ServerSettings, organization: string): string {
  return JSON.stringify([[...(shared?.environments ?? [])], shared?.rules ?? [], organization]);
}
