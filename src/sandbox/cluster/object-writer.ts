import {
  alreadyExists,
  badRequest,
  fieldConflicts,
  forbidden,
  internalError,
  invalid,
  modifiedMeanwhile,
  notFound,
  preconditionFailed,
} from './api-error.ts';
import { canonicalForm, DecodeError } from './canonical-form.ts';
import { withDefaults, zeroObject } from './defaults.ts';
import type { DeleteOptions } from './delete-options.ts';
import { applyConfiguration, describeConflicts, ownershipBeforeFirstApply, recordUpdate } from './field-ownership.ts';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf, without } from './json.ts';
import type { Kind } from './kinds.ts';
import { namespaceKind } from './kinds.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { isSameContent, withMetadata } from './kubernetes-object.ts';
import type { ManagerIdentity, Managers } from './managed-fields.ts';
import { readManagers, writeManagers } from './managed-fields.ts';
import type { ObjectStore } from './object-store.ts';
import { prepareForCreate, prepareForUpdate } from './preparation.ts';
import { mergePatched, undecodablePatch } from './request-body.ts';
import { rootTypeOf } from './schema.ts';
import type { ServiceAddresses } from './service-addresses.ts';
import { dryAddresses } from './service-addresses.ts';
import { checkTyped, TypedValueError } from './typed-value.ts';
import { anotherUid, validateNew, validateUpdate } from './validation.ts';
import type { WriteOptions } from './write-options.ts';

/** Which object a write is about. */
export interface Place {
  readonly of: Kind;
  readonly namespace: string;
  readonly name: string;
}

/** The outcome of a write that was not refused. */
export interface Written {
  readonly code: 200 | 201;
  readonly object: KubernetesObject;
  readonly warnings: readonly string[];
}

/** What a delete left: nothing, or an object that waits for its finalizers. */
export type Deleted =
  | { readonly kind: 'gone'; readonly object: KubernetesObject }
  | { readonly kind: 'ending'; readonly object: KubernetesObject };

/** The writes of the API. Each throws an ApiError when it is refused; a dry-run answers alike and changes nothing. */
export interface ObjectWriter {
  create(place: Omit<Place, 'name'>, object: JsonMap, options: WriteOptions): Written;
  replace(place: Place, object: JsonMap, options: WriteOptions): Written;
  mergePatch(place: Place, patch: JsonMap, options: WriteOptions): Written;
  apply(place: Place, configuration: JsonMap, options: WriteOptions): Written;
  delete(place: Place, options: DeleteOptions): Deleted;
}

export interface WriterParts {
  readonly store: ObjectStore;
  readonly addresses: ServiceAddresses;
  /** False: objects that a real server would refuse for their content are stored. */
  readonly isValidating: boolean;
  now(): Date;
  uid(): string;
}

const secondsOf = (date: Date): string => `${date.toISOString().slice(0, 19)}Z`;
const undeletable = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const newerVersion = 'the object has been modified; please apply your changes to the latest version and try again';

export function createObjectWriter({ store, addresses, isValidating, now, uid }: WriterParts): ObjectWriter {
  const liveAt = ({ of, namespace, name }: Place): KubernetesObject => {
    const live = store.get(of, namespace, name);
    if (live === undefined) throw notFound(of, name);
    return live;
  };

  function requireNamespace({ of, namespace, name }: Place): void {
    if (!of.isNamespaced) return;
    const home = store.get(namespaceKind, '', namespace);
    if (home === undefined) throw notFound(namespaceKind, namespace);
    if (mapOf(home.status).phase !== 'Terminating') return;
    const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
    const message = `namespace ${namespace} is being terminated`;
    throw forbidden(of, name, why, [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }]);
  }

  function insert(place: Place, decoded: JsonMap, managers: Managers, options: WriteOptions): KubernetesObject {
    requireNamespace(place);
    const object = prepareForCreate(place.of, decoded, {
      ...place,
      uid: uid(),
      now: secondsOf(now()),
      addresses: options.isDryRun ? dryAddresses : addresses,
    });
    const causes = isValidating ? validateNew(place.of, object) : [];
    if (causes.length > 0) throw invalid(place.of, place.name, causes);
    const owned = withMetadata(object, { managedFields: writeManagers(managers) });
    return options.isDryRun ? withMetadata(owned, { resourceVersion: undefined }) : store.put(place.of, owned);
  }

  interface Update {
    readonly place: Place;
    readonly live: KubernetesObject;
    readonly decoded: JsonMap;
    readonly managers: Managers;
    readonly options: WriteOptions;
  }

  function update({ place, live, decoded, managers, options }: Update): KubernetesObject {
    const expectedVersion = textOf(mapOf(decoded.metadata).resourceVersion);
    if (expectedVersion !== '' && expectedVersion !== live.metadata.resourceVersion) {
      throw modifiedMeanwhile(place.of, place.name, newerVersion);
    }
    const object = withMetadata(prepareForUpdate(place.of, decoded, live), { managedFields: writeManagers(managers) });
    const causes = isValidating ? validateUpdate(place.of, object, live) : [];
    if (causes.length > 0) throw invalid(place.of, place.name, causes);
    if (isSameContent(object, live)) return live;
    if (options.isDryRun) return object;
    const isEnded = object.metadata.deletionTimestamp !== undefined && listOf(object.metadata.finalizers).length === 0;
    if (!isEnded || place.of === namespaceKind) return store.put(place.of, object);
    store.remove(place.of, object);
    return object;
  }

  const identityOf = (of: Kind, options: WriteOptions, operation: 'Apply' | 'Update'): ManagerIdentity => ({
    manager: options.fieldManager,
    operation,
    apiVersion: of.apiVersion,
    subresource: '',
  });

  function replaceLive(
    place: Place,
    live: KubernetesObject,
    decoded: JsonMap,
    options: WriteOptions,
  ): KubernetesObject {
    const given = mapOf(decoded.metadata).managedFields;
    const managers = recordUpdate({
      live: plainOf(live),
      updated: live.status === undefined ? decoded : { ...decoded, status: live.status },
      managers: readManagers(given ?? live.metadata.managedFields),
      by: identityOf(place.of, options, 'Update'),
      type: rootTypeOf(place.of),
      now: secondsOf(now()),
      isCreated: false,
    });
    return update({ place, live, decoded, managers, options });
  }

  return {
    create({ of, namespace }, object, options) {
      const { value, warnings } = decode(of, object, options, (why) => cannotBeHandled(of, why));
      checkIdentity({ of, namespace, name: '' }, value);
      const metadata = mapOf(value.metadata);
      if (textOf(metadata.resourceVersion) !== '') {
        throw internalError('resourceVersion should not be set on objects to be created');
      }
      const prefix = textOf(metadata.generateName);
      const name = textOf(metadata.name) || (prefix === '' ? '' : prefix + uid().slice(0, 5));
      const place: Place = { of, namespace, name };
      const named = withDefaults(of, { ...value, metadata: { ...metadata, ...(name === '' ? {} : { name }) } });
      requireNamespace(place);
      if (store.get(of, namespace, name) !== undefined) throw alreadyExists(of, name);
      const managers = recordUpdate({
        live: zeroObject(of),
        updated: without(named, 'status'),
        managers: new Map(),
        by: identityOf(of, options, 'Update'),
        type: rootTypeOf(of),
        now: secondsOf(now()),
        isCreated: true,
      });
      return { code: 201, object: insert(place, named, managers, options), warnings };
    },

    replace(place, object, options) {
      const { value, warnings } = decode(place.of, object, options, (why) => cannotBeHandled(place.of, why));
      checkIdentity(place, value);
      const live = liveAt(place);
      const expectedUid = textOf(mapOf(value.metadata).uid);
      if (expectedUid !== '' && expectedUid !== live.metadata.uid) {
        const why = `Precondition failed: UID in precondition: ${expectedUid}, UID in object meta: ${live.metadata.uid}`;
        throw modifiedMeanwhile(place.of, place.name, why);
      }
      return { code: 200, object: replaceLive(place, live, withDefaults(place.of, value), options), warnings };
    },

    mergePatch(place, patch, options) {
      const live = liveAt(place);
      const patched = mapOf(mergePatched(live, patch));
      const { value, warnings } = decode(place.of, patched, options, (why) => undecodablePatch(patched, why));
      checkIdentity(place, value);
      return { code: 200, object: replaceLive(place, live, withDefaults(place.of, value), options), warnings };
    },

    apply(place, configuration, options) {
      const { of, namespace, name } = place;
      checkConfiguration(place, configuration);
      const type = rootTypeOf(of);
      const live = store.get(of, namespace, name);
      const wantedUid = textOf(mapOf(configuration.metadata).uid);
      if (live === undefined && wantedUid !== '') throw invalid(of, name, [anotherUid(wantedUid)]);
      const plain = live === undefined ? zeroObject(of) : plainOf(live);
      const time = secondsOf(now());
      const { apiVersion } = of;
      const known = readManagers(live?.metadata.managedFields);
      const isUntracked = live !== undefined && known.size === 0;
      const outcome = applyConfiguration({
        live: plain,
        configuration,
        managers: isUntracked
          ? ownershipBeforeFirstApply({ live: plain, type, now: time, zero: zeroObject(of), apiVersion })
          : known,
        by: identityOf(of, options, 'Apply'),
        type,
        now: time,
        isForced: options.isForced,
      });
      if (outcome.kind === 'conflicts') {
        const { message, causes } = describeConflicts(outcome.conflicts);
        throw fieldConflicts(message, causes);
      }
      const failed = `failed to convert new object (${describeConfigured(of, configuration)}) to proper version: unable to convert unstructured object to ${versionAndKind(of)}: `;
      const { value } = decode(of, outcome.object, options, (why) => internalError(failed + why));
      const decoded = withDefaults(of, value);
      const { managers } = outcome;
      if (live === undefined) return { code: 201, object: insert(place, decoded, managers, options), warnings: [] };
      return { code: 200, object: update({ place, live, decoded, managers, options }), warnings: [] };
    },

    delete(place, { isDryRun, propagationPolicy, uid: expectedUid, resourceVersion }) {
      const { of, name } = place;
      const live = liveAt(place);
      if (of === namespaceKind && undeletable.includes(name))
        throw forbidden(of, name, 'this namespace may not be deleted');
      if (expectedUid !== '' && expectedUid !== live.metadata.uid) {
        const why = `the UID in the precondition (${expectedUid}) does not match the UID in record (${live.metadata.uid}). The object might have been deleted and then recreated`;
        throw preconditionFailed(of, name, why);
      }
      if (resourceVersion !== '' && resourceVersion !== live.metadata.resourceVersion) {
        const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${live.metadata.resourceVersion}). The object might have been modified`;
        throw preconditionFailed(of, name, why);
      }
      const waitsFor = { Foreground: ['foregroundDeletion'], Orphan: ['orphan'], Background: [] }[propagationPolicy];
      const finalizers = [...new Set([...listOf(live.metadata.finalizers), ...waitsFor])];
      if (finalizers.length === 0 && of !== namespaceKind) {
        return { kind: 'gone', object: isDryRun ? live : store.remove(of, live) };
      }
      if (live.metadata.deletionTimestamp !== undefined) return { kind: 'ending', object: live };
      const ending = endingObject(of, live, finalizers, secondsOf(now()));
      return { kind: 'ending', object: isDryRun ? ending : store.put(of, ending) };
    },
  };
}

function endingObject(of: Kind, live: KubernetesObject, finalizers: readonly Json[], now: string): KubernetesObject {
  const { generation } = live.metadata;
  const ending = withMetadata(live, {
    deletionTimestamp: now,
    ...(of === namespaceKind ? {} : { deletionGracePeriodSeconds: 0 }),
    ...(finalizers.length === 0 ? {} : { finalizers }),
    ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
  });
  return of === namespaceKind ? { ...ending, status: { phase: 'Terminating' } } : ending;
}

/** A stored object as server-side apply sees it: without the record of who owns what. */
const plainOf = (live: KubernetesObject): JsonMap => ({ ...live, metadata: without(live.metadata, 'managedFields') });

const cannotBeHandled = ({ kind, version }: Kind, why: string): Error =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${why}`);

interface Decoded {
  readonly value: JsonMap;
  readonly warnings: readonly string[];
}

function decode(of: Kind, object: JsonMap, options: WriteOptions, refuse: (why: string) => Error): Decoded {
  const warnings: string[] = [];
  try {
    const { value, unknownFields } = canonicalForm(object, rootTypeOf(of));
    warnings.push(...unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`));
    if (options.fieldValidation === 'Strict' && warnings.length > 0) {
      throw new DecodeError(`strict decoding error: ${warnings.join(', ')}`);
    }
    const managedFields = mapOf(object.metadata).managedFields;
    const metadata = { ...mapOf(value.metadata), ...(managedFields === undefined ? {} : { managedFields }) };
    return { value: { ...value, metadata }, warnings: options.fieldValidation === 'Warn' ? warnings : [] };
  } catch (error) {
    if (error instanceof DecodeError) throw refuse(error.message);
    throw error;
  }
}

/** An object may leave out what the URL says, but not contradict it. */
function checkIdentity({ of, namespace, name }: Place, object: JsonMap): void {
  const given = mapOf(object.metadata);
  const apiVersion = textOf(object.apiVersion) || of.apiVersion;
  const kind = textOf(object.kind) || of.kind;
  if (kind !== of.kind || apiVersion !== of.apiVersion) {
    throw badRequest(
      `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${of.kind}: it is another kind`,
    );
  }
  const givenName = textOf(given.name);
  if (name !== '' && givenName !== '' && givenName !== name) throw wrongName(givenName, name);
  if (isElsewhere(given.namespace, namespace)) throw wrongNamespace();
}

const isElsewhere = (given: Json | undefined, namespace: string): boolean =>
  textOf(given) !== '' && namespace !== '' && given !== namespace;

const wrongName = (given: string, name: string): Error =>
  badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`);

const wrongNamespace = (): Error =>
  badRequest('the namespace of the provided object does not match the namespace sent on the request');

const versionAndKind = ({ group, version, kind }: Kind): string => `${group}/${version}, Kind=${kind}`;

function describeConfigured(of: Kind, configuration: JsonMap): string {
  const { namespace, name } = mapOf(configuration.metadata);
  return `${textOf(namespace)}/${textOf(name)}; ${versionAndKind(of)}`;
}

/** What an applied configuration must be before it is looked at field by field. */
function checkConfiguration({ of, namespace, name }: Place, configuration: JsonMap): void {
  const apiVersion = textOf(configuration.apiVersion);
  const kind = textOf(configuration.kind);
  if (apiVersion !== of.apiVersion || kind !== of.kind) {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    throw badRequest(`invalid object type: ${group}/${version}, Kind=${kind}`);
  }
  const metadata = mapOf(configuration.metadata);
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const given = textOf(metadata.name);
  if (given !== '' && given !== name) throw wrongName(given, name);
  if (isElsewhere(metadata.namespace, namespace)) throw wrongNamespace();
  try {
    checkTyped(configuration, rootTypeOf(of));
  } catch (error) {
    if (!(error instanceof TypedValueError)) throw error;
    throw internalError(
      `failed to create typed patch object (${describeConfigured(of, configuration)}): ${error.message}`,
    );
  }
}
