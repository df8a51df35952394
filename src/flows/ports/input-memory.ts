import type { RepositoryId } from '../../domain/identity.ts';
import type { InputReference } from '../../domain/target/input-reference.ts';
import type { InputFile } from '../../domain/target/trace-inputs.ts';

/** What the files of renderers say that they read, by their blobs: a text is read once, however many commits and pull requests have it. Forgetting is harmless. */
export interface InputMemory {
  recall(repository: RepositoryId, file: InputFile): readonly InputReference[] | undefined;
  keep(repository: RepositoryId, file: InputFile, references: readonly InputReference[]): void;
}
