import type { CommitSha, Repository } from '../domain/identity.ts';
import { cancelledCheck, type Overtaken } from '../domain/report/cancelled-check.ts';
import { checkKey, type ReportPorts, reportCheck } from './report-check.ts';

/** Both checks of a head that nobody waits for any more, where they are still in progress, are said to be over. */
export async function endOpenChecks(
  ports: ReportPorts,
  repository: Repository,
  { sha, by }: { readonly sha: CommitSha; readonly by: Overtaken },
): Promise<void> {
  for (const name of ['planwright/plan', 'planwright/gate'] as const) {
    const row = await ports.store.reported(repository.id, checkKey(sha, name));
    if (row === undefined || row.closed) continue;
    const origin = row.externalId.slice(0, row.externalId.lastIndexOf('#'));
    await reportCheck(ports, repository, {
      origin,
      sha,
      name,
      text: cancelledCheck(by),
      annotations: [],
      conclusion: 'cancelled',
    });
  }
}
