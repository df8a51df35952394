import { invalidOptions } from './api-error.ts';
import { unsupported } from './cause.ts';
import type { JsonMap } from './json.ts';
import { listOf, mapOf, textOf } from './json.ts';
import { parseDryRun } from './write-options.ts';

const policies = ['Foreground', 'Background', 'Orphan'] as const;

export interface DeleteOptions {
  readonly isDryRun: boolean;
  readonly propagationPolicy: (typeof policies)[number];
  /** Empty when any will do. */
  readonly uid: string;
  /** Empty when any will do. */
  readonly resourceVersion: string;
}

/** Reads the options of a delete: from its body, or from its query when it has none. Throws the answer when one is not allowed. */
export function parseDeleteOptions(body: JsonMap | undefined, query: URLSearchParams): DeleteOptions {
  const { propagationPolicy: policy, dryRun, preconditions } = body ?? optionsOf(query);
  const asked = textOf(policy);
  const propagationPolicy = policies.find((candidate) => candidate === (asked || 'Background'));
  if (propagationPolicy === undefined) {
    throw invalidOptions('DeleteOptions', [unsupported('propagationPolicy', asked, [...policies, 'nil'])]);
  }
  return {
    isDryRun: parseDryRun('DeleteOptions', listOf(dryRun).map(textOf)),
    propagationPolicy,
    uid: textOf(mapOf(preconditions).uid),
    resourceVersion: textOf(mapOf(preconditions).resourceVersion),
  };
}

const optionsOf = (query: URLSearchParams): JsonMap => ({
  propagationPolicy: query.get('propagationPolicy'),
  dryRun: query.getAll('dryRun'),
});
