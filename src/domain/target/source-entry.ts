/** A path of a commit's tree, as far as finding targets and their inputs asks. */
export interface SourceEntry {
  readonly path: string;
  readonly kind: 'file' | 'symlink' | 'submodule';
  /** Of the blob: equal ids, equal contents. */
  readonly id: string;
}
