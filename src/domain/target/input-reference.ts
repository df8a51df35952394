import type { LineColumn } from '../manifest/line-index.ts';

/** What a renderer's file says that it reads, as it is written there; nothing is looked up yet. Paths are relative to the directory that the reader works in. */
export type InputReference =
  | {
      /** `file`: read as it is. `resource`: a file, or a directory with a kustomization. `plugin`: the same, holding configurations of generators and transformers. */
      readonly kind: 'file' | 'resource' | 'plugin';
      readonly path: string;
      readonly at: LineColumn;
    }
  | {
      /** A chart's directory, the first of `paths` that is there; `remote` is where it comes from when none is. */
      readonly kind: 'chart';
      readonly paths: readonly string[];
      readonly remote: string | undefined;
      readonly at: LineColumn;
    }
  /** A dependency from elsewhere, unless a copy of it (a directory or an archive) lies in `charts`. */
  | { readonly kind: 'vendored'; readonly name: string; readonly remote: string; readonly at: LineColumn }
  /** Nobody can tell from the text what is read there. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly at: LineColumn };
