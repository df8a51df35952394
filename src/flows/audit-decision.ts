import { sha256Text } from '../domain/audit/content-digest.ts';
import { requirementsJson } from '../domain/audit/gate-inputs.ts';
import type { CommitSha, Repository } from '../domain/identity.ts';
import { canonicalJson } from '../domain/json.ts';
import type { GateLook } from './decide-gate.ts';
import type { Store } from './ports/store.ts';

/** Writes a decision into the audit with what it was made on, where it differs from the one that was written last for the same key. */
export async function auditDecision(
  store: Store,
  { repository, head }: { readonly repository: Repository; readonly head: { readonly sha: CommitSha } },
  of: { readonly key: string; readonly subject: string; readonly gate: GateLook },
): Promise<void> {
  const { decision, inputs } = of.gate;
  const facts = { status: decision.status, requirements: requirementsJson(decision.requirements), inputs };
  const item = {
    key: `decision:${of.key}`,
    repository: repository.id,
    externalId: head.sha,
    content: sha256Text(canonicalJson(facts)),
    closed: true,
  };
  if ((await store.reported(item.repository, item.key))?.content === item.content) return;
  await store.transaction(async (records) => {
    await records.saveReported(item);
    await records.audit({
      repository: repository.id,
      kind: 'decision',
      subject: of.subject,
      facts: { head: head.sha, ...facts },
    });
  });
}
