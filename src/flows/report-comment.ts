import { sha256Text } from '../domain/audit/content-digest.ts';
import type { Repository } from '../domain/identity.ts';
import type { Conversation } from './ports/github.ts';
import type { Records, ReportedItem } from './ports/store.ts';

export interface CommentPorts {
  readonly github: Pick<Conversation, 'comment' | 'findComment' | 'createComment' | 'updateComment'>;
  readonly store: Records;
}

export interface WantedComment {
  readonly number: number;
  readonly marker: string;
  readonly body: string;
  /** Written only where one stands already. */
  readonly onlyIfThere: boolean;
  /** The plan that it tells: with each new one, a comment that somebody deleted is written again. */
  readonly plan?: string;
}

/** Makes the one comment say this, creating it when there is none: found by its marker, edited in place, untouched when it says so already. */
export async function reportComment(ports: CommentPorts, repository: Repository, wanted: WantedComment): Promise<void> {
  const key = `comment:${wanted.number}`;
  const row = await ports.store.reported(repository.id, key);
  const content = sha256Text(wanted.body);
  if (row?.content === content && (await isStill(ports, repository, { row, wanted }))) return;
  if (row === undefined && wanted.onlyIfThere) return;
  const known = row?.githubId ?? (await ports.github.findComment(repository, wanted.number, wanted.marker))?.id;
  if (known === undefined && wanted.onlyIfThere) return;
  const intent = {
    key,
    repository: repository.id,
    externalId: wanted.plan ?? wanted.marker,
    content: '',
    closed: false,
    ...(known === undefined ? {} : { githubId: known }),
  };
  await ports.store.saveReported(intent);
  const updated = known !== undefined && (await ports.github.updateComment(repository, known, wanted.body));
  if (!updated && wanted.onlyIfThere) return;
  const id = updated ? known : (await ports.github.createComment(repository, wanted.number, wanted.body)).id;
  await ports.store.saveReported({ ...intent, githubId: id, content });
}

async function isStill(
  ports: CommentPorts,
  repository: Repository,
  { row, wanted }: { readonly row: ReportedItem; readonly wanted: WantedComment },
): Promise<boolean> {
  if (wanted.plan === undefined || row.externalId === wanted.plan || row.githubId === undefined) return true;
  if ((await ports.github.comment(repository, row.githubId)) === undefined) return false;
  await ports.store.saveReported({ ...row, externalId: wanted.plan });
  return true;
}
