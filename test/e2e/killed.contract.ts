import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { configMap, configuration, DeployStory } from '../flows/deploy-story.ts';
import { PlanwrightProcess } from './planwright-process.ts';
import { repo, setStage } from './stage.ts';

/** With the throttle of GitHub's clients and ten seconds until a dead worker is noticed, everything takes its time. */
const patienceMs = 90_000;
const lookEveryMs = 1;

const busy = { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', message: 'a moment', code: 429 };

/** A real process that dies at a chosen request, and its successor. */
export class KilledStory extends DeployStory {
  readonly process: PlanwrightProcess;

  private constructor(stage: DeployStory['stage'], process: PlanwrightProcess) {
    super(stage);
    this.process = process;
  }

  static async begin(databaseUrl: string | undefined, rules = configuration): Promise<KilledStory> {
    const started: PlanwrightProcess[] = [];
    const stage = await setStage({
      files: { '.github/planwright.yml': rules },
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
      start: async (settings) => {
        const process = await PlanwrightProcess.start(settings);
        started.push(process);
        return process;
      },
    });
    const [process] = started;
    if (process === undefined) throw new Error('the stage started no process');
    return new KilledStory(stage, process);
  }

  /** Kills Planwright at the moment in which this is seen, and starts it again. */
  async dieAt(what: string, isSeen: () => boolean): Promise<void> {
    await this.#soon(what, isSeen);
    await this.process.kill();
    await this.process.again();
  }

  /** Asks it to end at that moment; the exit code. */
  async drainAt(what: string, isSeen: () => boolean): Promise<number | null> {
    await this.#soon(what, isSeen);
    const code = await this.process.terminate();
    await this.process.again();
    return code;
  }

  async #soon(what: string, isSeen: () => boolean): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (!isSeen()) {
      if (Date.now() > deadline)
        throw new Error(`${what} did not come. Logged:\n${this.stage.logged.slice(-20).join('\n')}`);
      await pause(lookEveryMs);
    }
  }

  /** Whether GitHub has been asked this (`POST /repos/…`) since the call. */
  asked(what: RegExp): () => boolean {
    const { requests } = this.stage.github;
    const start = requests.length;
    return () => requests.slice(start).some(({ method, path }) => what.test(`${method} ${path}`));
  }
}

/** Killed at any moment, started again: everything ends, once. */
export function killedContract(database: () => Promise<string | undefined>): void {
  describe('Planwright, killed with SIGKILL and started again,', () => {
    let story: KilledStory;
    beforeAll(async () => {
      story = await KilledStory.begin(await database());
    });
    afterEach(() => expect(story.stage.github.violations).toEqual([]));
    afterAll(() => story.stage.close());

    const files = (stack: string, environment: string, names: readonly string[]) =>
      Object.fromEntries(
        names.map((name) => [
          `apps/${stack}/${environment}/${name}.yaml`,
          configMap(`${stack}-${name}`, { of: stack }),
        ]),
      );
    const dryRuns = () =>
      story.cluster('staging').audit.filter(({ verb, dryRun }) => verb === 'patch' && dryRun).length;
    const runs = (sha: string) =>
      story.stage.github
        .checkRuns(repo, sha, 'all')
        .map(({ name, status, conclusion }) => `${name} ${status} ${conclusion}`)
        .sort();

    it('in the middle of a plan and of each word about it: one comment, one run of each check', async () => {
      const { github } = story.stage;
      const before = dryRuns();
      const commented = story.asked(/^POST .*\/issues\/\d+\/comments$/);
      const proposal = await story.propose('Planned', files('planned', 'staging', ['a', 'b', 'c']));
      await story.dieAt('the first dry-run', () => dryRuns() > before);
      await story.dieAt('the comment', commented);
      await story.dieAt('the completion of the plan check', story.asked(/^PATCH .*\/check-runs\/\d+$/));
      const { plan, gate } = await story.checked(proposal);
      expect([plan.conclusion, gate.conclusion]).toEqual(['success', 'action_required']);
      expect(runs(proposal.sha)).toEqual([
        'planwright/gate completed action_required',
        'planwright/plan completed success',
      ]);
      expect(github.comments(repo, proposal.number)).toHaveLength(1);
      expect(story.comment(proposal)).toContain('planned@staging');

      // What was shown before the last death counts: the approval binds to it.
      await story.approve(proposal);
      const writes = story.watchWrites('staging');
      const faults = story.cluster('staging').faults;
      faults.failNext({
        method: 'PATCH',
        path: /\/planned-c\?(?!.*dryRun)/,
        status: 429,
        body: busy,
        headers: { 'Retry-After': '5' },
      });
      const merged = await story.merge(proposal);
      await story.dieAt('the third write', () =>
        writes().some(({ requestURI, code }) => requestURI.includes('/planned-c?') && code === 429),
      );
      expect([story.data('staging', 'planned-a'), story.data('staging', 'planned-c')]).toEqual([
        { of: 'planned' },
        undefined,
      ]);
      await story.ended(merged, 'planwright/deploy', 'success');
      const written = writes().filter(({ requestURI, code }) => requestURI.includes('/planned-') && code < 300);
      expect(written.map(({ requestURI }) => /planned-./.exec(requestURI)?.[0])).toEqual([
        'planned-a',
        'planned-b',
        'planned-c',
      ]);
      await story.deployed(merged, { staging: 'success' });
      expect([...story.deployments(merged).keys()]).toEqual(['staging']);
      expect(story.issues('planned@staging')).toEqual([]);
    });

    it('in the middle of the first and of the last write: each object changes once', async () => {
      const first = story.watchWrites('staging');
      const proposal = await story.landUnasked('Two objects', files('written', 'lab', ['a', 'b', 'keeps']));
      await story.dieAt('the first write', () => first().some(({ requestURI }) => requestURI.includes('/written-a?')));
      await story.ended(proposal.merged, 'planwright/deploy', 'success');
      const successes = (writes: ReturnType<typeof first>) =>
        writes.filter(({ requestURI, code }) => requestURI.includes('/written-') && code < 300).length;
      expect(successes(first())).toBe(3);

      story.cluster('staging').faults.failNext({
        method: 'DELETE',
        path: /\/written-b/,
        status: 429,
        body: busy,
        headers: { 'Retry-After': '5' },
      });
      const second = story.watchWrites('staging');
      const { merged } = await story.landUnasked('One goes', {
        'apps/written/lab/a.yaml': configMap('written-a', { of: 'another' }),
        'apps/written/lab/b.yaml': null,
      });
      await story.dieAt('the deletion', () => second().some(({ verb }) => verb === 'delete'));
      await story.ended(merged, 'planwright/deploy', 'success');
      expect([story.data('staging', 'written-a'), story.data('staging', 'written-b')]).toEqual([
        { of: 'another' },
        undefined,
      ]);
      expect(successes(second())).toBe(2);
      expect(story.issues('written@lab')).toEqual([]);
    });

    it('in the middle of each word about a deployment: one deployment, one issue, one run of the check', async () => {
      const { github } = story.stage;
      const proposal = await story.propose('Told', {
        ...files('told', 'lab', ['a']),
        ...files('told-held', 'staging', ['b', 'c']),
      });
      await story.checked(proposal);
      const [created, told, issued] = [
        story.asked(/^POST .*\/deployments$/),
        story.asked(/^POST .*\/deployments\/\d+\/statuses$/),
        story.asked(/^POST .*\/issues$/),
      ];
      const merged = await story.bypass(proposal);
      await story.dieAt('the deployment', created);
      await story.dieAt('its status', told);
      await story.dieAt('the issue', issued);
      await story.ended(merged, 'planwright/deploy', 'action_required');
      const issue = await story.openIssue('told-held@staging', 'which nobody approved');
      await story.deployed(merged, { lab: 'success', staging: 'pending' });
      expect(story.issues('told-held@staging')).toHaveLength(1);
      const staging = story.cluster('staging');
      staging.faults.failNext({
        method: 'PATCH',
        path: /\/told-held-c\?(?!.*dryRun)/,
        status: 429,
        body: busy,
        headers: { 'Retry-After': '5' },
      });
      const writes = story.watchWrites('staging');
      const ended = story.asked(/^(POST|PATCH) .*\/check-runs/);
      github.comment({ repo, number: issue.number, author: 'dave', body: '/apply' });
      await story.dieAt('half of what was approved', () => writes().some(({ code }) => code === 429));
      await story.dieAt('the next word of the deploy check', ended);
      await story.ended(merged, 'planwright/deploy', 'success');
      await story.deployed(merged, { lab: 'success', staging: 'success' });
      await story.closedIssue('told-held@staging');
      expect(runs(merged).filter((run) => !run.includes(' completed '))).toEqual([]);
      expect(github.comments(repo, proposal.number)).toHaveLength(1);
      expect(github.issues(repo).find(({ number }) => number === issue.number)?.comments).toHaveLength(1);
    });

    it('with deliveries that are stored and not yet handled; and after SIGTERM, which drains', async () => {
      const { github } = story.stage;
      const seen = github.deliveries.length;
      const stored = await story.propose('Stored', files('stored', 'lab', ['a']));
      await story.dieAt('the delivery is acknowledged', () =>
        github.deliveries.slice(seen).some(({ event, status }) => event === 'pull_request' && status === 'OK'),
      );
      await story.ended(stored.sha, 'planwright/gate', 'success');
      expect(runs(stored.sha)).toEqual(['planwright/gate completed success', 'planwright/plan completed success']);

      const writes = story.watchWrites('staging');
      const merged = await story.merge(stored);
      const code = await story.drainAt('the first write', () =>
        writes().some(({ requestURI }) => requestURI.includes('/stored-a?')),
      );
      expect(code).toBe(0);
      await story.ended(merged, 'planwright/deploy', 'success');
      expect(writes().filter(({ requestURI }) => requestURI.includes('/stored-a?'))).toHaveLength(1);
      await story.deployed(merged, { lab: 'success' });
      expect(github.comments(repo, stored.number)).toHaveLength(1);
    });
  });
}
