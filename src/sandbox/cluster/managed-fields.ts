import type { FieldSet } from './field-set.ts';
import { fromFieldsV1, isEmptySet, toFieldsV1 } from './field-set.ts';
import type { Json, JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';

/** Who owns which fields, in which way: one entry of `metadata.managedFields`. */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
  readonly fields: FieldSet;
}

export type ManagerIdentity = Pick<Manager, 'manager' | 'operation' | 'apiVersion' | 'subresource'>;

/** Two entries with the same key are one manager's. */
export const managerKey = ({ manager, operation, apiVersion, subresource }: ManagerIdentity): string =>
  JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);

export type Managers = ReadonlyMap<string, Manager>;

export function readManagers(managedFields: Json | undefined): Managers {
  const managers = listOf(managedFields).map((value): Manager => {
    const entry = mapOf(value);
    return {
      manager: textOf(entry.manager),
      operation: entry.operation === 'Apply' ? 'Apply' : 'Update',
      apiVersion: textOf(entry.apiVersion),
      subresource: textOf(entry.subresource),
      time: textOf(entry.time),
      fields: fromFieldsV1(mapOf(entry.fieldsV1)),
    };
  });
  return new Map(managers.map((manager) => [managerKey(manager), manager]));
}

const entryOf = ({ manager, operation, apiVersion, subresource, time, fields }: Manager): JsonMap => ({
  manager,
  operation,
  apiVersion,
  time,
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(fields),
  ...(subresource === '' ? {} : { subresource }),
});

const byOperationTimeAndName = (one: Manager, other: Manager): number => {
  const [a, b] = [one, other].map(({ operation, time, manager }) => `${operation} ${time} ${manager}`);
  return (a ?? '') < (b ?? '') ? -1 : 1;
};

/** The value of `metadata.managedFields`; undefined when nobody owns anything. */
export function writeManagers(managers: Managers): Json | undefined {
  const owning = [...managers.values()].filter(({ fields }) => !isEmptySet(fields));
  return owning.length === 0 ? undefined : owning.sort(byOperationTimeAndName).map(entryOf);
}
