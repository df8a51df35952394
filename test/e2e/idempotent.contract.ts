import { expect, it } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import type { ChangeStory } from './change-story.ts';
import { type GeneratedKind, generatedObjects } from './generated-objects.ts';
import { repo, type Stage } from './stage.ts';

/** The digest of a plan without effects: SHA-256 of nothing. */
const nothing = 'e3b0c44298fc';

/** What is deployed is not planned again: of generated objects, new and changed. Says its seed when it fails; GENERATED_SEED repeats a run. */
export function describeIdempotence(of: {
  readonly stage: () => Stage;
  readonly story: () => ChangeStory;
  readonly environment: string;
  readonly kinds: readonly GeneratedKind[];
  readonly ofEachKind: number;
}): void {
  const seed = Number(process.env['GENERATED_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const path = `apps/generated/${of.environment}/objects.yaml`;
  const textOf = (objects: readonly JsonObject[], remark: string) =>
    `# ${remark}\n${objects.map((object) => JSON.stringify(object, undefined, 2)).join('\n---\n')}\n`;

  it.each([
    ['created', seed],
    ['changed', seed + 1],
    ['changed back', seed],
  ])(`plans nothing for objects that were just %s (GENERATED_SEED=${seed})`, async (what, ownSeed) => {
    const stage = of.stage();
    const story = of.story();
    const objects = generatedObjects({ ...of, seed: ownSeed });
    const proposal = await story.propose(what, { [path]: textOf(objects, what) });
    const { plan: first } = await story.checked(proposal);
    expect(first.conclusion === 'success' ? '' : first.output.summary).toBe('');
    const merged = await story.merge(proposal);
    const deploy = await story.ended(merged, 'planwright/deploy');
    expect(deploy.conclusion === 'success' ? '' : deploy.output.summary).toBe('');

    const again = await story.propose(`${what}, again`, { [path]: textOf(objects, `${what}, again`) });
    const { plan } = await story.checked(again);
    expect([plan.output.title, plan.output.text]).toEqual([`Nothing to change in generated@${of.environment}`, null]);
    expect(story.comment(again)).toContain(nothing);
    await stage.github.closePullRequest({ repo, number: again.number, by: 'alice' });
  });
}
