import type { Plan, PlanCounts } from '../plan/plan.ts';

/** Most dangerous first. */
const actions = ['delete', 'replace', 'update', 'create'] as const;

/** `delete 1, update 2`; `change nothing` when there is nothing. */
export function countsText(counts: PlanCounts): string {
  const parts = actions.filter((action) => counts[action] > 0).map((action) => `${action} ${counts[action]}`);
  return parts.length === 0 ? 'change nothing' : parts.join(', ');
}

/** For a cell of a table: what destroys is bold. */
export function countsCell(counts: PlanCounts): string {
  const parts = actions
    .filter((action) => counts[action] > 0)
    .map((action) => {
      const words = `${action} ${counts[action]}`;
      return action === 'delete' || action === 'replace' ? `**${words}**` : words;
    });
  return parts.length === 0 ? 'nothing' : parts.join(' · ');
}

export function addCounts(left: PlanCounts, right: PlanCounts): PlanCounts {
  return {
    create: left.create + right.create,
    update: left.update + right.update,
    replace: left.replace + right.replace,
    delete: left.delete + right.delete,
  };
}

export function totalOf(counts: PlanCounts): number {
  return counts.create + counts.update + counts.replace + counts.delete;
}

/** `1 target`, `2 targets`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** What kind of plan it is, as a sentence, where that is not the usual one. */
export function planKindText(plan: Pick<Plan, 'kind'>): string | undefined {
  switch (plan.kind) {
    case 'update':
      return undefined;
    case 'adoption':
      return 'First deployment of this target: the whole stack is planned, nothing is pruned.';
    case 'removal':
      return 'This target is removed: everything that it owns is deleted.';
  }
}
