import { describe, expect, it } from 'vitest';
import { classifyRefusal, isAbsent } from '../../../src/adapters/kubernetes/classify-refusal.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';

const subject = 'staging: dry-run of Deployment payments/web';

function status(code: number, message: string, more: { reason?: string; details?: JsonObject } = {}) {
  const body: Json = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, ...more, code };
  return { status: code, body };
}

function causes(...entries: readonly (readonly [field: string, message: string, reason?: string])[]): JsonObject {
  return {
    name: 'web',
    causes: entries.map(([field, message, reason = 'FieldValueInvalid']) => ({ field, message, reason })),
  };
}

describe('what a refusal says', () => {
  it.each([
    ['Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1', 'spec.replicas: Invalid value: -1'],
    ['"" is invalid: spec: Required value', '"" is invalid: spec: Required value'],
    ['Secret "a \\"b\\"" is invalid: data: no', 'data: no'],
    ['pods "web" is forbidden: exceeded quota: small', 'exceeded quota: small'],
    [
      'failed to create typed patch object (payments/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema',
      '.spec.foo: field not declared in schema',
    ],
    ['admission webhook "a" denied the request: no', 'admission webhook "a" denied the request: no'],
    ['Deployment.apps "web" is invalid: ', 'Deployment.apps "web" is invalid:'],
  ])('names the object once: %s', (message, reason) => {
    expect(classifyRefusal(status(422, message), { subject })).toMatchObject({
      message: `${subject}: ${message.trim()}`,
      reason,
    });
  });
});

describe('what a refusal means', () => {
  it('costs no more than the length of the names in it, however they end', () => {
    const message = `failed to create typed patch object (web; v1, Kind=ConfigMap): .spec.${'a'.repeat(100_000)} b: field not declared in schema`;
    const before = process.cpuUsage();
    expect(classifyRefusal(status(500, message), { subject }).kind).toBe('invalid');
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });

  it('is a conflict, with each manager and field, where field managers are the cause', () => {
    const answer = status(409, 'Apply failed with 2 conflicts', {
      reason: 'Conflict',
      details: causes(
        [
          '.spec.replicas',
          'conflict with "horizontal \\"autoscaler\\"" with subresource "scale" using apps/v1',
          'FieldManagerConflict',
        ],
        ['.spec.paused', 'conflict with "kubectl"', 'FieldManagerConflict'],
      ),
    });
    expect(classifyRefusal(answer, { subject })).toMatchObject({
      kind: 'conflict',
      conflicts: [
        { manager: 'horizontal "autoscaler"', field: '.spec.replicas' },
        { manager: 'kubectl', field: '.spec.paused' },
      ],
    });
  });

  it('is stale for any other 409', () => {
    expect(classifyRefusal(status(409, 'the object has been modified', { reason: 'Conflict' }), { subject }).kind).toBe(
      'stale',
    );
  });

  it('is stale, and never a reason to replace, when the UID is another one', () => {
    const details = causes(['metadata.uid', 'Invalid value: "a": field is immutable']);
    expect(classifyRefusal(status(422, 'is invalid', { reason: 'Invalid', details }), { subject }).kind).toBe('stale');
  });

  it('is immutable only when nothing else is wrong, and says so without the values', () => {
    const selector = ['spec.selector', 'Invalid value: {"matchLabels":{"app":"x"}}: field is immutable'] as const;
    const immutable = status(422, 'long', { reason: 'Invalid', details: causes(selector) });
    expect(classifyRefusal(immutable, { subject })).toEqual({
      kind: 'immutable',
      fields: ['spec.selector'],
      message: `${subject}: spec.selector: field is immutable`,
      reason: 'spec.selector: field is immutable',
    });
    const both = status(422, 'long', {
      reason: 'Invalid',
      details: causes(selector, ['spec.replicas', 'Required value']),
    });
    expect(classifyRefusal(both, { subject })).toMatchObject({
      kind: 'invalid',
      fields: ['spec.selector', 'spec.replicas'],
    });
  });

  it('is not immutable because a webhook or a rule of a custom kind says the word', () => {
    const details = causes(['spec', 'Invalid value: "object": team is immutable']);
    expect(classifyRefusal(status(422, 'is invalid', { reason: 'Invalid', details }), { subject }).kind).toBe(
      'invalid',
    );
  });

  it('is the absent namespace, or the absent API version', () => {
    const details = { name: 'payments', kind: 'namespaces' };
    expect(
      classifyRefusal(status(404, 'namespaces "payments" not found', { reason: 'NotFound', details }), { subject }),
    ).toMatchObject({
      kind: 'namespace-absent',
      namespace: 'payments',
    });
    expect(
      classifyRefusal(status(404, 'the server could not find the requested resource', { details: {} }), { subject })
        .kind,
    ).toBe('not-served');
    expect(classifyRefusal({ status: 404, body: '404 page not found\n' }, { subject })).toMatchObject({
      kind: 'not-served',
      message: `${subject}: 404 page not found`,
    });
  });

  it('tells an absent object from an absent resource', () => {
    expect(isAbsent(status(404, 'configmaps "a" not found', { details: { name: 'a', kind: 'configmaps' } }))).toBe(
      true,
    );
    expect(isAbsent(status(404, 'the server could not find the requested resource', { details: {} }))).toBe(false);
    expect(isAbsent({ status: 404, body: '404 page not found' })).toBe(false);
  });

  it('is the webhook that knows no dry-run', () => {
    const answer = status(400, 'admission webhook "a.example.com" does not support dry run', { reason: 'BadRequest' });
    expect(classifyRefusal(answer, { subject })).toMatchObject({
      kind: 'webhook-without-dry-run',
      message: expect.stringContaining('a.example.com'),
    });
  });

  it('is the webhook that does not answer, while the API does', () => {
    const text =
      'Internal error occurred: failed calling webhook "a.example.com": failed to call webhook: Post "https://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused';
    expect(classifyRefusal(status(500, text, { reason: 'InternalError' }), { subject })).toMatchObject({
      kind: 'webhook-silent',
      message: expect.stringContaining('a.example.com'),
    });
  });

  it.each([
    ['User "bob" cannot patch resource "configmaps" in API group "" in the namespace "a"', 'forbidden'],
    [
      'roles "a" is forbidden: user "bob" (groups=["x"]) is attempting to grant RBAC permissions not currently held',
      'forbidden',
    ],
    ['pods "a" is forbidden: violates PodSecurity "restricted:latest"', 'invalid'],
    ['configmaps "a" is forbidden: exceeded quota: q', 'invalid'],
    [
      'configmaps "a" is forbidden: unable to create new content in namespace a because it is being terminated',
      'invalid',
    ],
    ['', 'forbidden'],
  ])('takes a 403 that says %j as %s', (message, kind) => {
    expect(classifyRefusal(status(403, message, { reason: 'Forbidden' }), { subject }).kind).toBe(kind);
  });

  it('is forbidden, with what to look at, when the credentials are refused', () => {
    expect(classifyRefusal(status(401, 'Unauthorized'), { subject })).toMatchObject({
      kind: 'forbidden',
      message: `${subject}: the API refuses the credentials (401); look at the kubeconfig of this cluster`,
    });
  });

  it.each([
    [
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.foo: field not declared in schema',
      ['spec.foo'],
    ],
    [
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): .spec.template.spec.containers[name="c: d"].env: duplicate entries for key [name="A"]',
      ['spec.template.spec.containers[name="c: d"].env'],
    ],
    [
      'failed to create typed patch object (/web; apps/v1, Kind=Deployment): errors:\n  .spec.foo: field not declared in schema\n  .spec.bar: field not declared in schema',
      ['spec.foo', 'spec.bar'],
    ],
    [
      'failed to convert new object (/s; /v1, Kind=Secret) to proper version: error decoding from json: illegal base64 data at input byte 5',
      [],
    ],
  ])("is the author's mistake when a 500 says %j", (message, fields) => {
    expect(classifyRefusal(status(500, message), { subject })).toMatchObject({ kind: 'invalid', status: 500, fields });
  });

  it('names the fields of strict decoding', () => {
    const answer = status(400, 'strict decoding error: unknown field "spec.foo", duplicate field "spec.bar"', {
      reason: 'BadRequest',
    });
    expect(classifyRefusal(answer, { subject })).toMatchObject({
      kind: 'invalid',
      status: 400,
      fields: ['spec.foo', 'spec.bar'],
    });
  });

  it.each([
    status(500, 'Internal error occurred: unexpected panic', { reason: 'InternalError' }),
    status(500, 'etcdserver: request timed out'),
    { status: 503, body: 'service unavailable' },
    { status: 502, body: '<html>' },
    { status: 429, body: 'Too many requests' },
    { status: 302, body: '' },
  ])('is unavailable when the server is not itself: %j', (answer) => {
    expect(classifyRefusal(answer, { subject })).toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(/^staging: dry-run/),
    });
  });

  it('hides what was sent, also in the names of fields, and cuts only what is safe', () => {
    const secretive = `${'x'.repeat(1495)}hunter2-hunter2`;
    const object = { kind: 'Secret', stringData: { key: 'hunter2-hunter2' } };
    const details = causes(['spec.set[="hunter2-hunter2"]', 'Required value']);
    const refusal = classifyRefusal(status(422, secretive, { details }), { subject, object });
    expect(JSON.stringify(refusal)).not.toContain('hunt');
    expect(refusal).toMatchObject({ fields: ['spec.set[="(masked)"]'] });
  });
});
