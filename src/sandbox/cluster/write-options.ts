import { invalidOptions } from './api-error.ts';
import { forbiddenField, required, unsupported } from './cause.ts';

/** What a writing request says besides its object. */
export interface WriteOptions {
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  readonly fieldManager: string;
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore';
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions';

/** Without a field manager, the first word of the user agent is it. */
const managerOfUserAgent = (userAgent: string): string => (userAgent.split('/')[0] || 'unknown').slice(0, 128);

/** Reads the options of a create or update. Throws the answer when one is not allowed. */
export function parseWriteOptions(kind: OptionsKind, query: URLSearchParams, userAgent: string): WriteOptions {
  const isDryRun = parseDryRun(kind, query.getAll('dryRun'));
  const validation = query.get('fieldValidation') ?? '';
  const known = (['Ignore', 'Warn', 'Strict'] as const).find((word) => word === validation);
  if (known === undefined && validation !== '') {
    throw invalidOptions(kind, [unsupported('fieldValidation', validation, ['Ignore', 'Strict', 'Warn'])]);
  }
  return {
    isDryRun,
    isForced: query.get('force') === 'true',
    fieldManager: query.get('fieldManager') || managerOfUserAgent(userAgent),
    fieldValidation: known ?? 'Warn',
  };
}

/** Reads the options of a patch; an apply must name its manager, and only an apply can be forced. */
export function parsePatchOptions(query: URLSearchParams, userAgent: string, isApply: boolean): WriteOptions {
  if (isApply && !query.get('fieldManager')) {
    throw invalidOptions('PatchOptions', [required('fieldManager', 'is required for apply patch')]);
  }
  if (!isApply && query.has('force')) {
    throw invalidOptions('PatchOptions', [forbiddenField('force', 'may not be specified for non-apply patch')]);
  }
  return parseWriteOptions('PatchOptions', query, userAgent);
}

/** Whether a request is a dry-run. Throws the answer for a directive other than `All`. */
export function parseDryRun(kind: OptionsKind | 'DeleteOptions', directives: readonly string[]): boolean {
  if (directives.some((directive) => directive !== 'All')) {
    throw invalidOptions(kind, [unsupported('dryRun', directives, ['All'])]);
  }
  return directives.length > 0;
}
