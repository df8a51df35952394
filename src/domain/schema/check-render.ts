import { groupOf, type ObjectIdentity, type RenderedObject } from '../manifest/rendered-object.ts';
import type { FieldSchema } from '../plan/field-schema.ts';
import { type CheckedObject, type CheckObject, checkObject } from './check-object.ts';
import { type DefinedKind, definedKinds } from './incoming-schemas.ts';
import type { KnownSchemas } from './known-schemas.ts';
import { removedKind } from './removed-kinds.ts';

/** Finds out what the API server would say of one object of a render. */
export type CheckOffline = (rendered: RenderedObject, identity: ObjectIdentity) => CheckedObject;

export interface OfflineChecks {
  readonly known: KnownSchemas;
  /** Checks custom resources; asked for only where the files define a kind. */
  readonly custom: CheckObject;
  /** Why no API server is asked, for people. */
  readonly reason: string;
}

/**
 * Checks objects against what is known without a cluster: schemas of Kubernetes, and the CustomResourceDefinitions among `defining`. An API version that Kubernetes
 * no longer has is an error; a kind that nobody knows is `rendered`, with the reason.
 */
export function offlineCheck(
  defining: readonly RenderedObject[],
  { known, custom, reason }: OfflineChecks,
): CheckOffline {
  const defined = new Map(definedKinds(defining).map((kind) => [`${kind.group}/${kind.kind}`, kind]));
  return (rendered, identity) => {
    const { apiVersion, kind } = rendered;
    const own = defined.get(`${groupOf(apiVersion)}/${kind}`);
    const schema = known.schemas(apiVersion, kind) ?? own?.schema(apiVersion);
    if (schema !== undefined)
      return checkObject(rendered, {
        identity,
        schema,
        reason: `${reason}; checked against ${sourceOf(schema, known)}`,
        custom,
      });
    const gone = own === undefined ? missingVersion(rendered, known) : undefinedVersion(rendered, own);
    if (gone !== undefined)
      return {
        confidence: { level: 'rendered', reason },
        problems: [{ severity: 'error', message: gone, position: rendered.position }],
        unchecked: [],
      };
    const why =
      own === undefined
        ? `neither ${known.source} nor a definition in these files knows ${kind} of ${apiVersion}`
        : `its definition says nothing of ${apiVersion}`;
    return { confidence: { level: 'rendered', reason: `${reason}; ${why}` }, problems: [], unchecked: [] };
  };
}

function sourceOf(schema: FieldSchema, known: KnownSchemas): string {
  return schema.dialect === 'custom' ? 'its definition in these files' : known.source;
}

function missingVersion({ apiVersion, kind }: RenderedObject, known: KnownSchemas): string | undefined {
  const versions = known.kinds.kinds
    .filter((served) => served.kind === kind && served.group === groupOf(apiVersion))
    .map(({ group, version }) => (group === '' ? version : `${group}/${version}`));
  const instead = versions.length > 0 ? `use ${versions.join(' or ')}` : removedKind(apiVersion, kind);
  return instead === undefined ? undefined : `${known.source} does not have ${kind} as ${apiVersion}; ${instead}`;
}

function undefinedVersion({ apiVersion, kind }: RenderedObject, { apiVersions }: DefinedKind): string | undefined {
  if (apiVersions.includes(apiVersion)) return undefined;
  return `the definition in these files does not serve ${kind} as ${apiVersion}; it has ${apiVersions.join(', ') || 'no version'}`;
}
