import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMap, configuration } from '../flows/deploy-story.ts';
import { KilledStory } from './killed.contract.ts';
import { repo } from './stage.ts';

const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };

describe('Planwright, killed with SIGKILL while it applies before the merge,', () => {
  let story: KilledStory;
  beforeAll(async () => {
    story = await KilledStory.begin(
      undefined,
      configuration.replace('version: 1\n', 'version: 1\napply: before-merge\n'),
    );
  });
  afterEach(() => expect(story.stage.github.violations).toEqual([]));
  afterAll(() => story.stage.close());

  it('keeps the lock, looks what is there already, and writes each object once', async () => {
    const names = ['a', 'b', 'c'];
    const proposal = await story.propose(
      'Killed',
      Object.fromEntries(names.map((name) => [`apps/killed/lab/${name}.yaml`, configMap(`killed-${name}`, { name })])),
    );
    await story.ended(proposal.sha, 'planwright/gate', 'action_required');
    const writes = story.watchWrites('staging');
    story.cluster('staging').faults.failNext({
      method: 'PATCH',
      path: /\/killed-c\?(?!.*dryRun)/,
      status: 429,
      body: busy,
      headers: { 'Retry-After': '5' },
    });
    story.stage.github.clock.advance(2_000);
    const said = story.stage.github.comment({ repo, number: proposal.number, author: 'alice', body: '/apply' });
    await story.dieAt('the third write', () =>
      writes().some(({ requestURI, code }) => requestURI.includes('/killed-c?') && code === 429),
    );
    await story.ended(proposal.sha, 'planwright/gate', 'success');
    const reaction = await story.eventually(
      'the answer to /apply',
      () => story.stage.github.reactions(repo, said).find(({ content }) => content !== 'eyes')?.content,
    );
    expect(reaction).toBe('rocket');
    const written = writes().filter(({ requestURI, code }) => requestURI.includes('/killed-') && code < 300);
    expect(written.map(({ requestURI }) => /killed-./.exec(requestURI)?.[0])).toEqual([
      'killed-a',
      'killed-b',
      'killed-c',
    ]);
    await story.deployed(proposal.sha, { lab: 'success' });
    const merged = await story.merge(proposal);
    await story.ended(merged, 'planwright/deploy', 'success');
    expect(writes().filter(({ requestURI, code }) => requestURI.includes('/killed-') && code < 300)).toHaveLength(3);
  });
});
