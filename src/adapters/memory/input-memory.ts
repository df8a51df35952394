import type { InputReference } from '../../domain/target/input-reference.ts';
import type { InputMemory } from '../../flows/ports/input-memory.ts';

/** Some hundred bytes each: a few files make a stack, and thousands of stacks fit. */
const mostFiles = 50_000;

/** In this process; the files that were not asked about for the longest time are forgotten first. */
export function inputMemory(most = mostFiles): InputMemory {
  const kept = new Map<string, readonly InputReference[]>();
  return {
    recall(repository, { role, id }) {
      const key = `${repository} ${role} ${id}`;
      const references = kept.get(key);
      if (references === undefined) return undefined;
      kept.delete(key);
      kept.set(key, references);
      return references;
    },
    keep(repository, { role, id }, references) {
      kept.set(`${repository} ${role} ${id}`, references);
      for (const oldest of kept.keys()) {
        if (kept.size <= most) return;
        kept.delete(oldest);
      }
    },
  };
}
