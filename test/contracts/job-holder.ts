/** A process that takes a job and never ends it; the test kills it. Argument: the database's options and the job's repository as JSON. */

import { openDatabase } from '../../src/adapters/postgres/open-database.ts';
import { installationId, pullNumber, repositoryId } from '../../src/domain/identity.ts';
import { quietLog } from './quiet-log.ts';

const { repository, ...options } = JSON.parse(process.argv[2] ?? '{}');
const database = await openDatabase({ ...options, log: quietLog() });
await database.jobs.start(async (job) => {
  console.log(`running ${job.kind}`);
  await new Promise(() => undefined);
});
await database.store.requestJob({
  job: {
    kind: 'pull-request',
    installation: installationId(1),
    repository: repositoryId(repository),
    pull: pullNumber(3),
  },
});
