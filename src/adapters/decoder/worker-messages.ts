import type { ManifestFile } from '../../domain/manifest/manifest-file.ts';
import type { Problem } from '../../domain/manifest/rendered-object.ts';
import type { PackedObject } from './packed-object.ts';

/** What a worker is asked. The results of a file are fetched piece by piece, so that taking them over stalls nobody. */
export type Question = { readonly kind: 'decode'; readonly file: ManifestFile } | { readonly kind: 'more' };

/** What it answers to each question. */
export type Answer =
  | { readonly kind: 'part'; readonly objects: readonly PackedObject[] }
  | { readonly kind: 'last'; readonly objects: readonly PackedObject[]; readonly problems: readonly Problem[] };
