import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../../src/domain/json.ts';
import { decodeManifests } from '../../../src/domain/manifest/decode-manifests.ts';
import { readKubectlScalar } from '../../../src/domain/manifest/kubectl-scalar.ts';
import { withStringDataEncoded } from '../../../src/domain/manifest/secret-data.ts';
import { withoutServerFields } from '../../../src/domain/manifest/server-fields.ts';
import { casesDirectory, manifestsBelow } from './cases.ts';

const kubectlIsThere = spawnSync('kubectl', ['version', '--client']).status === 0;
if (!kubectlIsThere) console.warn('did not run: kubectl is not on the PATH');
const cases = casesDirectory();

/** What kubectl reads from files, without asking a cluster: taking away a label that is not there prints the objects as they were read. */
function kubectlReads(path: string): JsonObject[] {
  const printed = execFileSync(
    'kubectl',
    ['label', '--local', '--recursive', '-f', path, 'planwright-absent-', '-o', 'json'],
    {
      encoding: 'utf8',
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return printed
    .split(/^(?=\{)/m)
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(text, exactIntegers) as JsonObject);
}

function exactIntegers(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? '';
  return typeof value === 'number' && /^-?[0-9]+$/.test(source) && !Number.isSafeInteger(value)
    ? BigInt(source)
    : value;
}

/** As both sides have to be before they are compared: what decoding drops and converts on purpose, and the empty labels that `kubectl label` leaves. */
function comparable(object: JsonObject): string {
  const cleaned = withoutServerFields(object);
  const converted = cleaned.kind === 'Secret' ? withStringDataEncoded(cleaned) : cleaned;
  const { labels, ...metadata } = isJsonObject(converted.metadata) ? converted.metadata : {};
  const labelled = isJsonObject(labels) && Object.keys(labels).length > 0 ? { ...metadata, labels } : metadata;
  return canonicalJson({ ...converted, metadata: labelled });
}

describe.skipIf(!kubectlIsThere)('manifests are read as kubectl reads them', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'kubectl-reading-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  // The other two hold objects twice, of which decoding keeps one.
  const withoutDuplicates =
    cases === undefined
      ? []
      : readdirSync(join(cases, 'manifests')).filter((name) => !['gatekeeper-demo', 'removed-apis'].includes(name));

  test.each(withoutDuplicates)('%s', (name) => {
    const directory = join(cases ?? '', 'manifests', name);
    const ours = decodeManifests(manifestsBelow(directory)).objects.map((object) => comparable(object.content));
    expect(ours.sort()).toEqual(kubectlReads(directory).map(comparable).sort());
  });

  test('2,000 scalars made of what numbers and words are made of', () => {
    const piece = fc.constantFrom(
      ...'0011789__..++--eExXobBafyYnN',
      'yes',
      'no',
      'on',
      'off',
      'true',
      'null',
      '~',
      '0x',
      '0b',
      '0o',
      '1_0',
      'e+',
    );
    const scalar = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    const scalars = fc
      .sample(scalar, 2000)
      .filter((text) => !/^[-~]|^\.\.\.$/.test(text) && readKubectlScalar(text).kind === 'value');
    const path = join(folder, 'scalars.yaml');
    writeFileSync(
      path,
      scalars
        .map((text, index) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c${index}\nv: ${text}\n`)
        .join('---\n'),
    );
    const theirs = kubectlReads(path).map((object) => object.v ?? null);
    const ours = scalars.map((text) => ourReading(text));
    expect(ours.map((value, index) => [scalars[index], canonicalJson(value)])).toEqual(
      theirs.map((value, index) => [scalars[index], canonicalJson(rounded(value))]),
    );
  });

  function ourReading(text: string): Json {
    const reading = readKubectlScalar(text);
    return reading.kind === 'value' ? rounded(reading.value) : null;
  }

  /** Floats beyond 2^53 are printed in full by kubectl, in short by JavaScript; they are the same number. */
  function rounded(value: Json): Json {
    return typeof value === 'bigint' && BigInt.asIntN(64, value) !== value ? Number(value) : value;
  }
});
