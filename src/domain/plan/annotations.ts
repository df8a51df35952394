import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../json.ts';
import { identityText, type ObjectIdentity, type Problem, type RenderedObject } from '../manifest/rendered-object.ts';

const waveName = 'planwright.dev/wave';
const pruneName = 'planwright.dev/prune';
const replaceName = 'planwright.dev/replace';

/** Enough for any order, and exact as a number. */
const wavePattern = /^-?\d{1,6}$/;

/** Annotations of Planwright's own with a value that it does not know: each an error on its line. */
export function annotationProblems(identity: ObjectIdentity, rendered: RenderedObject): readonly Problem[] {
  const annotations = annotationsOf(rendered.content);
  const problem = (name: string, rule: string): Problem => ({
    severity: 'error',
    message: `${identityText(identity)}: \`${name}\` is ${rule}`,
    position: rendered.positions.get(`/metadata/annotations/${name.replace('/', '~1')}`) ?? rendered.position,
  });
  const problems: Problem[] = [];
  const wave = annotations[waveName];
  if (wave !== undefined && !(typeof wave === 'string' && wavePattern.test(wave)))
    problems.push(problem(waveName, 'a whole number in quotes, of at most six digits: "-1", "0", "10"'));
  for (const [name, known] of [
    [pruneName, 'disabled'],
    [replaceName, 'never'],
  ] as const)
    if (annotations[name] !== undefined && annotations[name] !== known)
      problems.push(problem(name, `\`${known}\` or absent`));
  return problems;
}

/** When an object is written within its target: lower waves first; 0 without the annotation. */
export function waveOf(content: JsonObject): number {
  const wave = annotationsOf(content)[waveName];
  return typeof wave === 'string' && wavePattern.test(wave) ? Number(wave) : 0;
}

/** Whether the live object says that it may not be deleted to be created anew. */
export function refusesReplacement(live: JsonObject): boolean {
  return annotationsOf(live)[replaceName] === 'never';
}

/** Why a live object that is no longer rendered stays where it is; undefined when it may go. `member`: it carries the target's ownership label. */
export function staysBecause(live: JsonObject, member: boolean): string | undefined {
  if (!member) return "it does not carry this target's ownership label";
  const owners = metadataOf(live)['ownerReferences'];
  if (isJsonArray(owners) && owners.some((owner) => isJsonObject(owner) && owner['controller'] === true))
    return 'a controller owns it';
  if (annotationsOf(live)[pruneName] === 'disabled') return 'its annotation says `planwright.dev/prune: disabled`';
  return undefined;
}

function annotationsOf(object: JsonObject): JsonObject {
  return map(metadataOf(object)['annotations']);
}

function metadataOf(object: JsonObject): JsonObject {
  return map(object['metadata']);
}

function map(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
