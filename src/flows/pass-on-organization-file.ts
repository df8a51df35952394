import { organizationPath } from '../domain/config/shared-configuration.ts';
import type { Repository } from '../domain/identity.ts';
import { holdsOrganizationFile } from './find-shared-configurations.ts';
import type { OrganizationFiles } from './ports/github.ts';
import type { Store } from './ports/store.ts';

/** A repository after the other: each look at one may lead to looks at many pull requests. */
const paceMs = 5_000;
const key = 'organization-file';

/** Asks for a look at every repository that is known of an organization whose file is another one than when this was asked last. Idempotent. */
export async function passOnOrganizationFile(
  ports: {
    readonly github: OrganizationFiles;
    readonly store: Pick<Store, 'reported' | 'repositoriesOf' | 'transaction'>;
  },
  repository: Repository,
): Promise<void> {
  if (!holdsOrganizationFile(repository)) return;
  const file = await ports.github.organizationFile(repository, organizationPath);
  const content = file.kind === 'file' ? file.blob : file.kind;
  const last = await ports.store.reported(repository.id, key);
  if (last?.content === content) return;
  const others = (await ports.store.repositoriesOf(repository.owner)).filter((id) => id !== repository.id);
  await ports.store.transaction(async (records) => {
    for (const [index, other] of others.entries())
      await records.requestJob({
        job: { kind: 'repository', installation: repository.installation, repository: other },
        delayMs: index * paceMs,
      });
    await records.saveReported({ key, repository: repository.id, externalId: '', content, closed: false });
  });
}
