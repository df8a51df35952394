import enforced from '../../../schema/kubernetes/enforced.json' with { type: 'json' };

/** Which of a definition's required fields and enumerations the API server insists on. */
export interface Enforced {
  required(definition: string, fields: readonly string[]): readonly string[];
  hasEnum(definition: string, field: string): boolean;
}

const required = new Map<string, readonly string[]>(Object.entries(enforced.required));
const enums = new Map<string, readonly string[]>(Object.entries(enforced.enums));

/**
 * Of Go types OpenAPI says which fields are always written, not which have to be given: an apply may leave out `roleRef.apiGroup`. These are the fields that the real
 * API server (1.35) was seen to insist on; schema/kubernetes/probe-enforced.ts asked it.
 */
export const enforcedByGo: Enforced = {
  required: (definition, fields) => fields.filter((field) => required.get(definition)?.includes(field) === true),
  hasEnum: (definition, field) => enums.get(definition)?.includes(field) === true,
};
