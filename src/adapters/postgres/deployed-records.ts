import { type Selectable, sql } from 'kysely';
import { clusterUid, commitSha, parseTargetName, repositoryId } from '../../domain/identity.ts';
import type { DeployedTarget, LockProof, Records, StoredLeaf } from '../../flows/ports/store.ts';
import { withProof } from './fencing.ts';
import { jsonTextInTurns } from './json-text.ts';
import { readRow } from './read-row.ts';
import type { Db, Tables } from './tables.ts';

export function deployedRecords(
  db: Db,
): Pick<Records, 'deployed' | 'deployedTargets' | 'setDeployed' | 'clearDeployed'> {
  return {
    async deployed(repository, target) {
      const row = await db
        .selectFrom('deployed')
        .selectAll()
        .where('repository', '=', repository)
        .where('target', '=', target)
        .executeTakeFirst();
      return row === undefined ? undefined : readDeployed(row);
    },

    async deployedTargets(repository) {
      const rows = await db
        .selectFrom('deployed')
        .selectAll()
        .where('repository', '=', repository)
        .orderBy('target')
        .execute();
      return rows.map(readDeployed);
    },

    async setDeployed(deployed, proof) {
      checkSame(deployed, proof);
      await withProof(db, proof, async (transaction) => {
        const content = {
          cluster_uid: deployed.cluster,
          commit: deployed.commit,
          sequence: deployed.sequence,
          directory: deployed.directory,
          stored: await jsonTextInTurns(deployed.stored),
          at: sql<Date>`clock_timestamp()`,
        };
        await transaction
          .insertInto('deployed')
          .values({ repository: deployed.repository, target: deployed.target, ...content })
          .onConflict((conflict) => conflict.columns(['repository', 'target']).doUpdateSet(content))
          .execute();
      });
    },

    async clearDeployed(repository, target, proof) {
      checkSame({ repository, target }, proof);
      await withProof(db, proof, async (transaction) => {
        await transaction
          .deleteFrom('deployed')
          .where('repository', '=', repository)
          .where('target', '=', target)
          .execute();
      });
    },
  };
}

function checkSame(written: Pick<DeployedTarget, 'repository' | 'target'>, proof: LockProof): void {
  if (written.repository === proof.repository && written.target === proof.target) return;
  throw new Error(
    `the lock of ${proof.target} in repository ${proof.repository} does not allow writing ${written.target} in repository ${written.repository}`,
  );
}

function readDeployed(row: Selectable<Tables['deployed']>): DeployedTarget {
  return readRow('deployed', `${row.repository}/${row.target}`, () => ({
    repository: repositoryId(row.repository),
    target: parseTargetName(row.target),
    cluster: clusterUid(row.cluster_uid),
    commit: commitSha(row.commit),
    sequence: row.sequence,
    directory: row.directory,
    stored: row.stored as readonly StoredLeaf[],
  }));
}
