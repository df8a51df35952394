import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type {
  ValidatedAnswer,
  ValidatedRequest,
  ValidatedWebhook,
  Validator,
} from '../../src/sandbox/github/validator.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Json;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Json }>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Json[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Json>>;
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly 'x-webhooks': Readonly<Record<string, { readonly post: Operation }>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, Json>>>>;
}

const problemsShown = 10;

let shared: Validator | null = null;

/**
 * Compares traffic with GitHub's own description (13 MB, read once a process). Each schema is compiled when it is first needed.
 * Only the JSON file is touched: the package's root would load every variant, 889 MB.
 */
export function openApiValidator(): Validator {
  shared ??= buildValidator(readDescription());
  return shared;
}

function readDescription(): Description {
  const path = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
  return JSON.parse(readFileSync(path, 'utf8'));
}

function buildValidator(description: Description): Validator {
  const schemas = new Schemas(description);
  const findOperation = (method: string, template: string): Operation | undefined =>
    description.paths[template]?.[method.toLowerCase()];

  return {
    request(request: ValidatedRequest): readonly string[] {
      const operation = findOperation(request.method, request.template);
      if (operation === undefined) return ["GitHub's description has no such operation"];
      const parameters = (operation.parameters ?? []).map(
        (parameter) => schemas.resolve(parameter) as unknown as Parameter,
      );
      return [...parameterProblems(schemas, parameters, request), ...bodyProblems(schemas, operation, request)];
    },

    answer(answer: ValidatedAnswer): readonly string[] {
      const operation = findOperation(answer.method, answer.template);
      if (operation === undefined) return ["GitHub's description has no such operation"];
      const declared = operation.responses[String(answer.status)];
      // Any path may answer with a redirect or an error; only successes must be declared.
      if (declared === undefined)
        return answer.status < 300 ? [`GitHub's description has no answer ${answer.status}`] : [];
      const schema = (schemas.resolve(declared) as Content).content?.['application/json']?.schema;
      if (schema === undefined) return [];
      return schemas.problems(`${operation.operationId} answer ${answer.status}`, schema, answer.body);
    },

    webhook({ event, action, payload }: ValidatedWebhook): readonly string[] {
      const name = [event, ...(action === null ? [] : [action])].map((part) => part.replaceAll('_', '-')).join('-');
      const schema = description['x-webhooks'][name]?.post.requestBody?.content?.['application/json']?.schema;
      if (schema === undefined) return ["GitHub's description has no such webhook"];
      return schemas.problems(`webhook ${name}`, schema, payload);
    },
  };
}

function parameterProblems(
  schemas: Schemas,
  parameters: readonly Parameter[],
  request: ValidatedRequest,
): readonly string[] {
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const unknown = Object.keys(request.query).filter((name) => !query.some((parameter) => parameter.name === name));
  const wrong = parameters.flatMap((parameter) => {
    if (parameter.in === 'header') return [];
    const given = parameter.in === 'path' ? request.path[parameter.name] : request.query[parameter.name];
    if (given === undefined) return parameter.required === true ? [`${parameter.in} ${parameter.name} is missing`] : [];
    const name = `${request.method} ${request.template} ${parameter.in} ${parameter.name}`;
    return schemas
      .problems(name, parameter.schema, fromText(schemas.resolve(parameter.schema), given))
      .map((problem) => `${parameter.in} ${parameter.name}: ${problem}`);
  });
  return [...unknown.map((name) => `query ${name} is not a parameter of this operation`), ...wrong];
}

function bodyProblems(schemas: Schemas, operation: Operation, request: ValidatedRequest): readonly string[] {
  const schema = operation.requestBody?.content?.['application/json']?.schema;
  if (schema === undefined || request.method === 'GET') return [];
  const isEmpty = Object.keys(request.body as object).length === 0;
  if (isEmpty && operation.requestBody?.required !== true) return [];
  return schemas.problems(`${operation.operationId} request`, schema, request.body);
}

/** A parameter arrives as text; its schema says what it stands for. */
function fromText(schema: Json, given: string): unknown {
  if ((schema.type === 'integer' || schema.type === 'number') && given.trim() !== '' && !Number.isNaN(Number(given)))
    return Number(given);
  if (schema.type === 'boolean' && (given === 'true' || given === 'false')) return given === 'true';
  return given;
}

/** Where the description lists an app's events one by one, the list is older than merge queues; GitHub's apps have that event all the same. */
function withNewEvents(values: unknown): unknown {
  return Array.isArray(values) && values.includes('pull_request_review_thread') && values.includes('workflow_run')
    ? [...values, 'merge_group']
    : values;
}

/** ajv over the description's schemas, each normalised and compiled when it is first used. */
class Schemas {
  readonly #description: Description;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #added = new Set<string>();
  readonly #ajv: Ajv;

  constructor(description: Description) {
    this.#description = description;
    this.#ajv = new Ajv({
      strict: false,
      allErrors: false,
      logger: false,
      inlineRefs: false,
      code: { optimize: false },
      validateSchema: false,
      addUsedSchema: false,
    });
    addFormats.default(this.#ajv);
    // GitHub itself leaves addresses empty and puts templates where the description says uri.
    this.#ajv.addFormat('uri', (text) => text === '' || URL.canParse(text.replaceAll(/\{[^}]*\}/g, '')));
    this.#ajv.addFormat('uri-template', true);
  }

  resolve(schema: Json): Json {
    const reference = schema.$ref;
    if (typeof reference !== 'string') return schema;
    const [, , section = '', name = ''] = reference.split('/');
    const target = this.#description.components[section]?.[name];
    if (target === undefined) throw new Error(`GitHub's description points at ${reference}, which it does not have.`);
    return this.resolve(target);
  }

  problems(name: string, schema: Json, value: unknown): readonly string[] {
    let validate = this.#compiled.get(name);
    if (validate === undefined) {
      validate = this.#ajv.compile(this.#normalised(schema) as object);
      this.#compiled.set(name, validate);
    }
    if (validate(value)) return [];
    return (validate.errors ?? [])
      .slice(0, problemsShown)
      .map((error) => `${error.instancePath || '/'} ${error.message ?? 'is wrong'} ${JSON.stringify(error.params)}`);
  }

  /** OpenAPI 3.0's `nullable` becomes a choice with null, also where no type stands beside it; references become ids. */
  #normalised(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map((item) => this.#normalised(item));
    if (typeof schema !== 'object' || schema === null) return schema;
    const {
      nullable,
      $ref,
      example: _example,
      examples: _examples,
      discriminator: _discriminator,
      ...rest
    } = schema as Json;
    if (typeof $ref === 'string') return { $ref: this.#add($ref) };
    const inner = Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [
        key,
        key === 'enum' ? withNewEvents(value) : key === 'default' ? value : this.#normalised(value),
      ]),
    );
    return nullable === true ? { anyOf: [inner, { type: 'null' }] } : inner;
  }

  #add(reference: string): string {
    const id = reference.replace('#/', 'github:').replaceAll('/', '.');
    if (this.#added.has(id)) return id;
    this.#added.add(id);
    this.#ajv.addSchema(this.#normalised(this.resolve({ $ref: reference })) as object, id);
    return id;
  }
}
