import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KilledStory, killedContract } from './killed.contract.ts';

killedContract(async () => undefined);

describe('the folder of the embedded database', () => {
  let story: KilledStory;
  beforeAll(async () => {
    story = await KilledStory.begin(undefined);
  });
  afterAll(() => story.stage.close());

  it('takes one serve; a second is refused with the pid of the first', async () => {
    const { code, said } = await story.process.second();
    expect(code).toBe(2);
    expect(said).toContain(String(story.process.pid));
    const proposal = await story.propose('The first goes on', { 'README.md': 'It does.\n' });
    await story.ended(proposal.sha, 'planwright/gate', 'success');
  });
});
