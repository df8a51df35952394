import type { OrganizationFile, OrganizationFiles } from '../../flows/ports/github.ts';
import type { Calls } from './calls.ts';

const organizationRepository = '.github';

export function organizationFiles({ calls }: { readonly calls: Calls }): OrganizationFiles {
  return {
    organizationFile: async ({ installation, owner }, path) => {
      const at = { owner, repo: organizationRepository };
      const file = await calls.find({
        installation,
        method: ({ rest }) => rest.repos.getContent,
        parameters: { ...at, path },
        read: fileOf,
      });
      if (file !== undefined) return file;
      const repository = await calls.find({
        installation,
        method: ({ rest }) => rest.repos.get,
        parameters: at,
        read: ({ id }) => id,
      });
      return repository === undefined ? { kind: 'hidden' } : { kind: 'absent' };
    },
  };
}

/** GitHub sends what has more than 1 MB without content, and a directory as a list. */
function fileOf(data: unknown): OrganizationFile {
  const { type, sha, encoding, content } = data as Readonly<Record<string, unknown>>;
  if (type !== 'file' || typeof sha !== 'string') throw new TypeError('it is no file');
  if (encoding !== 'base64' || typeof content !== 'string') throw new TypeError('the file is larger than 1 MB');
  return { kind: 'file', read: { kind: 'file', bytes: Buffer.from(content, 'base64') }, blob: sha };
}
