import type { Decoded, ManifestFile } from '../../domain/manifest/manifest-file.ts';

/** Reads manifests without keeping the process from anything else, whatever is in them. */
export interface Decoder {
  /**
   * What `decodeManifests` says of these files. A file that takes too long or too much memory is a problem on its first line, and the others stand.
   * Rejects only when the process is going down.
   */
  decode(files: readonly ManifestFile[]): Promise<Decoded>;
}
