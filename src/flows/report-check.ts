import { sha256Text } from '../domain/audit/content-digest.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import type { CheckName } from '../domain/report/check.ts';
import type { CheckRun, CheckRunRequest, Checks } from './ports/github.ts';
import type { Records, ReportedItem } from './ports/store.ts';

export interface ReportPorts {
  readonly github: Checks;
  readonly store: Records;
}

export type WantedCheck = Omit<CheckRunRequest, 'externalId'> & {
  /** Begins the external id; a run of another origin is never updated but followed by a new one. */
  readonly origin: string;
};

/**
 * Makes a check say this. Nothing is sent when it says so already; a run is updated only until it completes, then a new one of the same name follows.
 * The intent is stored before GitHub is asked, and a repeat looks for the run before it makes one, so that no run exists twice.
 *
 * @returns the run when something was sent or found again; undefined when nothing had to be said
 */
export async function reportCheck(
  ports: ReportPorts,
  repository: Repository,
  wanted: WantedCheck,
): Promise<CheckRun | undefined> {
  const key = checkKey(wanted.sha, wanted.name);
  const { origin, ...said } = wanted;
  const content = sha256Text(
    JSON.stringify([origin, said.text, said.annotations, said.conclusion, said.actions, said.detailsUrl]),
  );
  const row = await ports.store.reported(repository.id, key);
  if (row !== undefined && row.content === content) return undefined;
  if (row !== undefined && !row.closed && originOf(row) === origin)
    return continueRun(ports, repository, { row, said, content });
  const fresh: ReportedItem = {
    key,
    repository: repository.id,
    externalId: `${origin}#${row === undefined ? 1 : numberOf(row) + 1}`,
    content: intentTo(content),
    closed: false,
  };
  if (row !== undefined && !row.closed)
    await abandon(ports, repository, { row, sha: wanted.sha, name: wanted.name, text: wanted.text });
  await ports.store.saveReported(fresh);
  return create(ports, repository, { row: fresh, said, content });
}

interface Report {
  readonly row: ReportedItem;
  readonly said: Omit<CheckRunRequest, 'externalId'>;
  readonly content: string;
}

async function create(ports: ReportPorts, repository: Repository, { row, said, content }: Report): Promise<CheckRun> {
  const run = await ports.github.createCheckRun(repository, { ...said, externalId: row.externalId });
  await confirm(ports, { row, said, content }, run);
  return run;
}

async function continueRun(ports: ReportPorts, repository: Repository, report: Report): Promise<CheckRun> {
  const { row, said } = report;
  const id =
    row.githubId ??
    (await findRun(ports, repository, { sha: said.sha, name: said.name, externalId: row.externalId }))?.id;
  if (id === undefined) return create(ports, repository, report);
  if (row.content.startsWith(intent)) {
    // The answer to the last attempt was lost: it may have completed the run.
    const found = await findRun(ports, repository, { sha: said.sha, name: said.name, externalId: row.externalId });
    if (found?.status === 'completed') return settle(ports, repository, { report, found });
  }
  await ports.store.saveReported({ ...row, githubId: id, content: intentTo(report.content) });
  const run = await ports.github.updateCheckRun(repository, id, { ...said, externalId: row.externalId });
  await confirm(ports, report, run);
  return run;
}

/** What a completed run says stays; something else needs a new run. */
async function settle(
  ports: ReportPorts,
  repository: Repository,
  { report, found }: { readonly report: Report; readonly found: CheckRun },
): Promise<CheckRun> {
  const { row, said, content } = report;
  if (row.content === intentTo(content)) {
    await confirm(ports, report, found);
    return found;
  }
  const next = {
    key: row.key,
    repository: row.repository,
    externalId: `${originOf(row)}#${numberOf(row) + 1}`,
    content: intentTo(content),
    closed: false,
  };
  await ports.store.saveReported(next);
  return create(ports, repository, { row: next, said, content });
}

async function confirm(ports: ReportPorts, { row, content }: Report, run: CheckRun): Promise<void> {
  await ports.store.saveReported({ ...row, githubId: run.id, content, closed: run.status === 'completed' });
}

/** A run of an earlier planning that never ended is ended before the next one begins. */
async function abandon(
  ports: ReportPorts,
  repository: Repository,
  at: {
    readonly row: ReportedItem;
    readonly sha: CommitSha;
    readonly name: CheckName;
    readonly text: CheckRunRequest['text'];
  },
): Promise<void> {
  const found = await findRun(ports, repository, { sha: at.sha, name: at.name, externalId: at.row.externalId });
  if (found === undefined || found.status === 'completed') return;
  await ports.github.updateCheckRun(repository, found.id, {
    sha: at.sha,
    name: at.name,
    externalId: at.row.externalId,
    text: { title: 'Superseded', summary: 'A newer run follows.' },
    annotations: [],
    conclusion: 'cancelled',
  });
}

async function findRun(
  ports: ReportPorts,
  repository: Repository,
  of: { readonly sha: CommitSha; readonly name: CheckName; readonly externalId: string },
): Promise<CheckRun | undefined> {
  const runs = await ports.github.checkRuns(repository, of.sha, of.name);
  return runs.find((run) => run.externalId === of.externalId);
}

const intent = 'intended:';

/** Stands in the row until GitHub has confirmed. */
function intentTo(content: string): string {
  return `${intent}${content}`;
}

export function checkKey(sha: CommitSha, name: CheckName): string {
  return `check:${sha}:${name}`;
}

function originOf(row: ReportedItem): string {
  return row.externalId.slice(0, row.externalId.lastIndexOf('#'));
}

function numberOf(row: ReportedItem): number {
  return Number(row.externalId.slice(row.externalId.lastIndexOf('#') + 1));
}
