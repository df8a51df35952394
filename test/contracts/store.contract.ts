import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/adapters/postgres/open-database.ts';
import type { Hint } from '../../src/domain/delivery/hint.ts';
import type { Deployment } from '../../src/domain/deployment/deployment.ts';
import type { Override } from '../../src/domain/gate/override.ts';
import {
  type CommitSha,
  clusterUid,
  commitSha,
  deliveryGuid,
  installationId,
  type PlanDigest,
  parseTargetName,
  planDigest,
  pullNumber,
  type RepositoryId,
  repositoryId,
  treeSha,
} from '../../src/domain/identity.ts';
import type { Effect } from '../../src/domain/plan/effect.ts';
import type { Plan } from '../../src/domain/plan/plan.ts';
import {
  type DeployedTarget,
  LockLost,
  type MergeGroupRecord,
  type MergeRecord,
  type PlanRun,
} from '../../src/flows/ports/store.ts';
import type { DatabasePlace } from './database-place.ts';
import { quietLog } from './quiet-log.ts';

const payments = parseTargetName('payments@production');
const ledger = parseTargetName('ledger@production');
const alice = { id: 1, login: 'alice', bot: false };
const bob = { id: 2, login: 'bob', bot: false };
const object = { group: 'apps', kind: 'Deployment', namespace: 'web', name: 'frontend' };

function sha(digit: string): CommitSha {
  return commitSha(digit.repeat(40));
}

function digest(digit: string): PlanDigest {
  return planDigest(digit.repeat(64));
}

function effect(after: string): Effect {
  return {
    target: payments,
    cluster: clusterUid('cluster-1'),
    object,
    action: 'update',
    path: 'spec.replicas',
    before: { kind: 'json', json: '1' },
    after: { kind: 'json', json: after },
  };
}

function planOf(changes: Partial<Plan>): Plan {
  return {
    digest: digest('a'),
    target: payments,
    cluster: { name: 'production', uid: clusterUid('cluster-1') },
    kind: 'update',
    head: sha('1'),
    base: sha('2'),
    tree: treeSha('3'.repeat(40)),
    effects: [effect('2')],
    moves: [],
    changes: [],
    problems: [],
    complete: true,
    rendered: 4,
    owned: 4,
    ...changes,
  };
}

/** What every store promises (src/flows/ports/store.ts). */
export function storeContract(newPlace: () => Promise<DatabasePlace>): void {
  describe('store', () => {
    let place: DatabasePlace;
    let database: Database;
    let log: ReturnType<typeof quietLog>;
    let acme: RepositoryId = repositoryId(100);
    let guids = 0;

    beforeAll(async () => {
      place = await newPlace();
      log = quietLog();
      database = await openDatabase({ ...place.options, log });
    });

    afterAll(async () => {
      await database.close();
      await place.remove();
    });

    beforeEach(() => {
      acme = repositoryId(acme + 1);
    });

    function hint(extra: Partial<Hint> = {}): Hint {
      guids += 1;
      return {
        guid: deliveryGuid(`guid-${guids}`),
        event: 'pull_request',
        action: 'opened',
        repository: acme,
        pull: 3,
        ...extra,
      };
    }

    function merge(pull: number, extra: Partial<MergeRecord> = {}): Omit<MergeRecord, 'sequence'> {
      return {
        repository: acme,
        pull: pullNumber(pull),
        commit: sha('4'),
        base: 'main',
        author: alice,
        contributors: [alice.id],
        mergedBy: bob,
        blockers: [],
        approvals: [],
        ...extra,
      };
    }

    async function deploymentOf(pull: number, sequence = pull) {
      await database.store.addDeployments([
        {
          repository: acme,
          pull: pullNumber(pull),
          target: payments,
          environment: 'production',
          commit: sha('4'),
          sequence,
        },
      ]);
      const [deployment] = await database.store.deploymentsOfMerge(acme, pullNumber(pull));
      if (deployment === undefined) throw new Error('no deployment');
      return deployment;
    }

    describe('deliveries', () => {
      /** Takes everything that waits, as the intake does. */
      async function takeAll(): Promise<readonly Hint[]> {
        return await database.store.transaction(async (records) => {
          const hints = await records.takeDeliveries(1_000);
          await records.markDeliveriesHandled(hints.map(({ guid }) => guid));
          return hints;
        });
      }

      it('are stored once by their GUID, however often they come', async () => {
        await takeAll();
        const sent = hint();
        const news = await Promise.all(Array.from({ length: 100 }, () => database.inbox.store(sent)));
        expect(news.filter((isNew) => isNew)).toHaveLength(1);
        expect(await database.store.addDeliveries([sent])).toBe(0);
        expect(await takeAll()).toEqual([sent]);
        expect(await database.inbox.store(sent)).toBe(false);
        expect(await takeAll()).toEqual([]);
      });

      it('come back whole and oldest first', async () => {
        await takeAll();
        const sent = [
          hint({
            installation: 5,
            comment: { id: 2 ** 40, bodyDigest: 'abc' },
            ref: 'refs/heads/ümlaut "quoted" \\ {a,b}',
          }),
          hint({ requestedAction: { identifier: 're-plan', by: alice }, sha: 'f'.repeat(40) }),
          { guid: deliveryGuid(`guid-bare-${acme}`), event: 'ping' },
        ];
        expect(await database.store.addDeliveries(sent)).toBe(3);
        expect(await takeAll()).toStrictEqual(sent);
      });

      it('stay unhandled when the transaction that took them is rolled back', async () => {
        await takeAll();
        const sent = hint();
        await database.inbox.store(sent);
        const failed = database.store.transaction(async (records) => {
          await records.markDeliveriesHandled((await records.takeDeliveries(10)).map(({ guid }) => guid));
          throw new Error('rolled back');
        });
        await expect(failed).rejects.toThrow('rolled back');
        expect(await takeAll()).toEqual([sent]);
      });

      it('are not taken by two workers at once', async () => {
        await takeAll();
        await database.store.addDeliveries([hint(), hint(), hint(), hint()]);
        const [mine, others] = await database.store.transaction(async (records) => {
          const first = await records.takeDeliveries(2);
          return [first, await database.store.transaction((other) => other.takeDeliveries(10))];
        });
        expect(mine).toHaveLength(2);
        expect(others).toHaveLength(2);
        expect(new Set([...mine, ...others].map(({ guid }) => guid)).size).toBe(4);
        await takeAll();
      });

      it('wake who subscribed, whoever stored them, until the subscription is closed', async () => {
        let calls = 0;
        const subscription = await database.subscribeDeliveries(() => {
          calls += 1;
        });
        await vi.waitFor(() => expect(calls).toBe(1));
        await database.inbox.store(hint());
        await vi.waitFor(() => expect(calls).toBe(2));
        await database.store.addDeliveries([hint()]);
        await vi.waitFor(() => expect(calls).toBe(3));
        await subscription.close();
        await database.inbox.store(hint());
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(calls).toBe(3);
      });
    });

    describe('commands', () => {
      const command = (commentId: number) => ({ commentId, repository: acme, issue: 3, bodyDigest: 'abc' });

      it('are stored once, wait in order, and are answered once', async () => {
        expect(await database.store.addCommand(command(12))).toBe(true);
        expect(await database.store.addCommand(command(11))).toBe(true);
        expect(await database.store.addCommand({ ...command(12), bodyDigest: 'other' })).toBe(false);
        expect(await database.store.pendingCommands(acme, 3)).toEqual([command(11), command(12)]);
        await database.store.finishCommand(acme, 11, 'done with a \u0000 in it');
        expect(await database.store.pendingCommands(acme, 3)).toEqual([command(12)]);
        expect(await database.store.addCommand(command(11))).toBe(false);
        expect(await database.store.pendingCommands(acme, 4)).toEqual([]);
      });

      it('remember for which targets they were carried out before they were answered', async () => {
        await database.store.addCommand(command(13));
        await database.store.transaction((records) => records.markObeyed(acme, 13, payments));
        await database.store.markObeyed(acme, 13, ledger);
        expect(await database.store.pendingCommands(acme, 3)).toContainEqual({
          ...command(13),
          obeyed: [payments, ledger],
        });
      });
    });

    describe('plans', () => {
      it('come back as they were saved, whatever text is in them', async () => {
        const plan = planOf({
          cluster: { name: 'offline', uid: undefined },
          effects: [effect('"a\\u0000b"'), effect('12345678901234567890')],
          changes: [
            {
              object,
              action: 'update',
              differences: [
                {
                  path: 'data.x',
                  before: { kind: 'absent' },
                  after: { kind: 'text', text: 'null \u0000, half \ud800, 💥' },
                  origin: { kind: 'this' },
                },
              ],
              confidence: { level: 'server' },
              notes: [],
              write: true,
            },
          ],
        });
        await database.store.savePlans(acme, [plan]);
        expect(await database.store.plan(plan.digest)).toStrictEqual({ repository: acme, plan });
      });

      it('of one digest are kept for each head, and the newest is found', async () => {
        const first = planOf({ digest: digest('b') });
        const second = planOf({
          digest: digest('b'),
          head: sha('9'),
          problems: [{ severity: 'warning', message: 'other' }],
        });
        await database.store.savePlans(acme, [first]);
        await database.store.savePlans(acme, [second]);
        expect((await database.store.plan(first.digest))?.plan).toStrictEqual(second);
        await database.store.savePlans(acme, [first]);
        expect((await database.store.plan(first.digest))?.plan).toStrictEqual(first);
      });

      it('of one digest are told apart by target and head', async () => {
        const first = planOf({ digest: digest('1') });
        const newer = planOf({ digest: digest('1'), head: sha('8') });
        const other = planOf({ digest: digest('1'), target: parseTargetName('elsewhere@production') });
        await database.store.savePlans(acme, [first]);
        await database.store.savePlans(acme, [newer]);
        await database.store.savePlans(acme, [other]);
        for (const plan of [first, newer, other])
          expect((await database.store.plan(digest('1'), plan))?.plan).toStrictEqual(plan);
        expect(await database.store.plan(digest('1'), { target: other.target, head: newer.head })).toBeUndefined();
      });

      it('are unknown when they were never saved', async () => {
        expect(await database.store.plan(digest('c'))).toBeUndefined();
        expect(await database.store.effects([digest('c')])).toEqual(new Map());
        expect(await database.store.effects([])).toEqual(new Map());
      });

      it('give their effects by digest', async () => {
        await database.store.savePlans(acme, [
          planOf({ digest: digest('d') }),
          planOf({ digest: digest('e'), effects: [effect('3')] }),
        ]);
        const effects = await database.store.effects([digest('d'), digest('e'), digest('c')]);
        expect(effects).toEqual(
          new Map([
            [digest('d'), [effect('2')]],
            [digest('e'), [effect('3')]],
          ]),
        );
      });

      it('that were damaged in the database are refused with their table and key', async () => {
        await database.store.savePlans(acme, [planOf({ digest: digest('f') })]);
        await onDatabase(
          place,
          `update planwright.plan set plan = replace(plan::text, '"target":"payments@production"', '"target":"payments"')::json where digest = '${digest('f')}'`,
        );
        await expect(database.store.plan(digest('f'))).rejects.toThrow(`the row ${digest('f')} of planwright.plan`);
        await expect(database.store.effects([digest('f')])).rejects.toThrow('not a target');
      });
    });

    describe('plan runs', () => {
      const run = (id: string, extra: Partial<PlanRun> = {}): PlanRun => ({
        id: `${acme}-${id}`,
        repository: acme,
        pull: pullNumber(3),
        head: sha('1'),
        base: sha('2'),
        tree: treeSha('3'.repeat(40)),
        fingerprint: 'print',
        plans: [digest('a'), digest('b')],
        outcome: { kind: 'conflict', files: ['apps/web.yaml'] },
        ...extra,
      });

      it.each([
        ['{"kind":"planned"}', 'plans is not a list'],
        ['{"kind":"planned","plans":[{}],"problems":[]}', 'cluster is not an object'],
        ['{"kind":"conflict","files":[1]}', '0 is not a text'],
        ['{"kind":"invalid","problems":[{"severity":"error"}]}', 'message is not a text'],
        ['{"kind":"else"}', 'not the kind of an outcome: "else"'],
        ['null', 'outcome is not an object'],
      ])('whose outcome was damaged (%s) are refused with their table and key', async (outcome, reason) => {
        const damaged = run('damaged', { pull: pullNumber(77) });
        await database.store.savePlanRun(damaged);
        await onDatabase(place, `update planwright.plan_run set outcome = '${outcome}' where id = '${damaged.id}'`);
        const reading = database.store.planRuns(acme, pullNumber(77));
        await expect(reading).rejects.toThrow(`the row ${damaged.id} of planwright.plan_run cannot be used: ${reason}`);
      });

      it('come back oldest first, as they were saved last', async () => {
        await database.store.savePlanRun(run('one'));
        await database.store.savePlanRun(run('two', { tree: undefined, plans: [], shownAtMs: 5 }));
        await database.store.savePlanRun(run('one', { fingerprint: 'newer' }));
        expect(await database.store.planRuns(acme, pullNumber(3))).toStrictEqual([
          run('one', { fingerprint: 'newer' }),
          run('two', { tree: undefined, plans: [], shownAtMs: 5 }),
        ]);
        expect(await database.store.planRuns(acme, pullNumber(4))).toEqual([]);
      });

      it('are shown once: the first time stays', async () => {
        await database.store.savePlanRun(run('one'));
        await database.store.markShown(run('one').id, 1_700_000_000_000);
        await database.store.markShown(run('one').id, 1_800_000_000_000);
        await database.store.savePlanRun(run('one'));
        expect(await database.store.planRuns(acme, pullNumber(3))).toStrictEqual([
          run('one', { shownAtMs: 1_700_000_000_000 }),
        ]);
      });

      it('are known by their newest for many pull requests at once, with the targets of its plans', async () => {
        const other = planOf({ digest: digest('b'), target: parseTargetName('web@production'), head: sha('7') });
        await database.store.savePlans(acme, [planOf({}), other]);
        await database.store.savePlanRun(run('older', { plans: [digest('a'), digest('b')] }));
        await database.store.savePlanRun(run('newer', { plans: [digest('b')], head: sha('7') }));
        await database.store.savePlanRun(run('conflicting', { pull: pullNumber(5), tree: undefined, plans: [] }));
        const latest = await database.store.latestRuns(acme, [3, 4, 5].map(pullNumber));
        const { base, tree } = run('newer');
        expect([...latest]).toStrictEqual([
          [3, { pull: 3, head: sha('7'), base, tree, targets: new Set([other.target]) }],
          [5, { pull: 5, head: run('conflicting').head, base, tree: undefined, targets: new Set() }],
        ]);
        expect(await database.store.latestRuns(acme, [])).toEqual(new Map());
      });

      it('are forgotten for a head, so that the next look plans again', async () => {
        await database.store.savePlanRun(run('one'));
        await database.store.savePlanRun(run('two', { head: sha('7') }));
        await database.store.forgetPlanRuns(acme, sha('1'));
        const runs = await database.store.planRuns(acme, pullNumber(3));
        expect(runs.map(({ fingerprint }) => fingerprint)).toEqual(['', 'print']);
      });

      it('of a fork may be live for exactly the head that was allowed', async () => {
        await database.store.allowLivePlan(acme, pullNumber(3), sha('1'));
        await database.store.allowLivePlan(acme, pullNumber(3), sha('1'));
        expect(await database.store.isLivePlanAllowed(acme, pullNumber(3), sha('1'))).toBe(true);
        expect(await database.store.isLivePlanAllowed(acme, pullNumber(3), sha('2'))).toBe(false);
        expect(await database.store.isLivePlanAllowed(acme, pullNumber(4), sha('1'))).toBe(false);
      });
    });

    describe('merge groups', () => {
      const group = (digit: string, extra: Partial<MergeGroupRecord> = {}): MergeGroupRecord => ({
        repository: acme,
        head: sha(digit),
        ref: `gh-readonly-queue/main/pr-4-${sha('2')}`,
        branch: 'main',
        pulls: [pullNumber(3), pullNumber(4)],
        over: false,
        ...extra,
      });
      const planned = {
        count: 2,
        base: sha('2'),
        fingerprint: 'print',
        outcome: { kind: 'conflict', files: ['apps/web.yaml'] },
      } as const;
      const members = ({ repository, head, ref, branch, pulls }: MergeGroupRecord) => ({
        repository,
        head,
        ref,
        branch,
        pulls,
      });

      it('come back by their head, as they were saved last', async () => {
        expect(await database.store.mergeGroup(acme, sha('5'))).toBeUndefined();
        await database.store.saveMergeGroup(group('5'));
        expect(await database.store.mergeGroup(acme, sha('5'))).toStrictEqual(group('5'));
        await database.store.saveMergeGroup(group('5', { planned, over: true }));
        expect(await database.store.mergeGroup(acme, sha('5'))).toStrictEqual(group('5', { planned, over: true }));
      });

      it('are open until they are over, and are known by the pull requests in them also then', async () => {
        const other = group('7', { pulls: [pullNumber(4), pullNumber(5)] });
        await database.store.saveMergeGroup(group('6', { planned, over: true }));
        await database.store.saveMergeGroup(other);
        expect(await database.store.openMergeGroups(acme)).toStrictEqual([members(other)]);
        expect(await database.store.mergeGroupsOf(acme, pullNumber(3))).toStrictEqual([members(group('6'))]);
        expect(await database.store.mergeGroupsOf(acme, pullNumber(4))).toStrictEqual([
          members(group('6')),
          members(other),
        ]);
        expect(await database.store.mergeGroupsOf(repositoryId(acme + 1_000_000), pullNumber(4))).toEqual([]);
      });

      it('are planned again after their head was forgotten', async () => {
        await database.store.saveMergeGroup(group('5', { planned }));
        await database.store.forgetPlanRuns(acme, sha('5'));
        expect((await database.store.mergeGroup(acme, sha('5')))?.planned?.fingerprint).toBe('');
      });
    });

    describe('what was said', () => {
      it('is remembered by key, the last time', async () => {
        const intended = { key: 'comment:3', repository: acme, externalId: '', content: 'abc', closed: false };
        expect(await database.store.reported(acme, 'comment:3')).toBeUndefined();
        await database.store.saveReported(intended);
        expect(await database.store.reported(acme, 'comment:3')).toStrictEqual(intended);
        await database.store.saveReported({ ...intended, githubId: 2 ** 40, closed: true });
        expect(await database.store.reported(acme, 'comment:3')).toStrictEqual({
          ...intended,
          githubId: 2 ** 40,
          closed: true,
        });
        expect(await database.store.reported(repositoryId(1), 'comment:3')).toBeUndefined();
      });

      it('is found by the beginning of its key, taken literally', async () => {
        const item = (key: string) => ({ key, repository: acme, externalId: '', content: 'abc', closed: false });
        for (const key of ['issue:b@x', 'issue:a@x', 'issue_a', 'comment:3'])
          await database.store.saveReported(item(key));
        expect(await database.store.reportedUnder(acme, 'issue:')).toStrictEqual([
          item('issue:a@x'),
          item('issue:b@x'),
        ]);
        expect(await database.store.reportedUnder(acme, 'issue_')).toStrictEqual([item('issue_a')]);
        expect(await database.store.reportedUnder(acme, '%')).toEqual([]);
      });
    });

    describe('merges', () => {
      it('remember when the repository was first seen, also after a merge', async () => {
        await database.store.recordMerge(merge(1));
        expect(await database.store.firstSeen(acme, 5_000)).toBe(5_000);
        expect(await database.store.firstSeen(acme, 9_000)).toBe(5_000);
      });

      it('are known by the account of their newest name', async () => {
        const named = (id: number, owner: string) =>
          database.store.nameRepository({
            id: repositoryId(id),
            installation: installationId(1),
            owner,
            name: `r${id}`,
          });
        await named(101, 'Wonka');
        await named(102, 'wonka');
        await named(103, 'slugworth');
        expect(await database.store.repositoriesOf('wonka')).toEqual([101, 102]);
        await named(102, 'slugworth');
        expect(await database.store.repositoriesOf('Wonka')).toEqual([101]);
      });

      it('are recorded once each, in a sequence without gaps, also when they come at once', async () => {
        const records = await Promise.all(
          [...Array(10).keys(), ...Array(10).keys()].map((index) => database.store.recordMerge(merge(index + 1))),
        );
        expect(new Set(records.map(({ sequence }) => sequence))).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
        for (const record of records) expect(await database.store.merge(acme, record.pull)).toStrictEqual(record);
      });

      it('keep what was true the first time', async () => {
        const approvals = [{ person: alice, permission: 'maintain', plans: [digest('a')] }] as const;
        const first = await database.store.recordMerge(
          merge(1, { approvals, blockers: ['no approval'], mergedBy: undefined }),
        );
        expect(await database.store.recordMerge(merge(1, { blockers: [] }))).toStrictEqual(first);
        expect(first).toStrictEqual({
          ...merge(1, { approvals, blockers: ['no approval'], mergedBy: undefined }),
          sequence: 1,
        });
      });

      it('are found between two sequences', async () => {
        for (let pull = 1; pull <= 4; pull += 1) await database.store.recordMerge(merge(pull));
        const found = await database.store.mergesBetween(acme, 1, 3);
        expect(found.map(({ pull }) => pull)).toEqual([2, 3]);
        expect(await database.store.merge(acme, pullNumber(9))).toBeUndefined();
      });
    });

    describe('deployments', () => {
      it('stay unseen when they began so, whatever becomes of them', async () => {
        await database.store.addDeployments([
          {
            repository: acme,
            pull: pullNumber(9),
            target: payments,
            environment: 'production',
            commit: sha('4'),
            sequence: 9,
            unseen: true,
          },
        ]);
        expect(await database.store.deploymentsOfMerge(acme, pullNumber(9))).toMatchObject([{ unseen: true }]);
        expect(await deploymentOf(10)).not.toHaveProperty('unseen');
      });

      it('are created once for a pull request and target, and queued', async () => {
        const first = await deploymentOf(1);
        const second = await deploymentOf(1);
        expect(second).toStrictEqual(first);
        expect(await database.store.deployment(first.id)).toStrictEqual({
          id: first.id,
          repository: acme,
          pull: 1,
          target: payments,
          environment: 'production',
          commit: sha('4'),
          sequence: 1,
          phase: { kind: 'queued' },
        });
        expect(await database.store.deployment(2 ** 40)).toBeUndefined();
      });

      it('are open until they end, in merge order', async () => {
        const proof = await database.store.lock(acme, payments);
        const later = await deploymentOf(2, 2);
        const earlier = await deploymentOf(1, 1);
        expect((await database.store.openDeployments(acme, payments)).map(({ id }) => id)).toEqual([
          earlier.id,
          later.id,
        ]);
        await database.store.setPhase(earlier, { kind: 'held', reasons: ['not covered'], plan: undefined }, proof);
        expect(await database.store.pendingPulls(acme, payments)).toEqual([1, 2]);
        await database.store.setPhase(earlier, { kind: 'succeeded', plan: digest('a'), written: 3 }, proof);
        expect(await database.store.pendingPulls(acme, payments)).toEqual([2]);
        expect((await database.store.openDeployments(acme, payments)).map(({ id }) => id)).toEqual([later.id]);
        expect((await database.store.latestDeployment(acme, payments))?.id).toBe(later.id);
        expect(await database.store.latestDeployment(acme, ledger)).toBeUndefined();
      });

      it('keep every phase as it was given, and its history', async () => {
        const proof = await database.store.lock(acme, payments);
        const deployment = await deploymentOf(1);
        const phases = [
          { kind: 'waiting', reason: 'staging is not healthy' },
          { kind: 'held', reasons: [], plan: digest('b') },
          { kind: 'applying', plan: digest('a'), deadlineMs: 600_000 },
          { kind: 'verifying', plan: digest('a'), deadlineMs: 1_700_000_000_000 },
          { kind: 'failed', reason: 'null \u0000', plan: undefined },
          { kind: 'superseded', by: sha('5') },
          { kind: 'cancelled', reason: 'by alice' },
        ] as const;
        for (const phase of phases) {
          await database.store.setPhase(deployment, phase, proof);
          expect((await database.store.deployment(deployment.id))?.phase).toStrictEqual(phase);
        }
        const history = await onDatabase(
          place,
          `select phase from planwright.deployment_history where deployment = ${deployment.id} order by id`,
        );
        expect(history.map(({ phase }) => phase)).toMatchObject([
          { kind: 'queued' },
          ...phases.map(({ kind }) => ({ kind })),
        ]);
        await expect(onDatabase(place, 'delete from planwright.deployment_history')).rejects.toThrow('append-only');
      });

      it('that failed can be queued again, others cannot', async () => {
        const proof = await database.store.lock(acme, payments);
        const deployment = await deploymentOf(1);
        expect(await database.store.retryFailed(deployment.id)).toBe(false);
        await database.store.setPhase(deployment, { kind: 'failed', reason: 'timeout', plan: digest('a') }, proof);
        expect(await database.store.retryFailed(deployment.id)).toBe(true);
        expect((await database.store.openDeployments(acme, payments)).map(({ phase }) => phase)).toEqual([
          { kind: 'queued' },
        ]);
        expect(await database.store.retryFailed(deployment.id)).toBe(false);
      });

      it('remember the steps of an apply and that they were done', async () => {
        const proof = await database.store.lock(acme, payments);
        const { id: deployment } = await deploymentOf(1);
        const namespace = { group: '', kind: 'Namespace', name: 'web' };
        await database.store.addStep({ deployment, object: namespace, action: 'create', state: 'intended' }, proof);
        await database.store.addStep({ deployment, object, action: 'update', state: 'intended' }, proof);
        await database.store.addStep({ deployment, object: namespace, action: 'create', state: 'done' }, proof);
        expect(await database.store.steps(deployment)).toStrictEqual([
          { deployment, object: namespace, action: 'create', state: 'done' },
          { deployment, object, action: 'update', state: 'intended' },
        ]);
      });

      it('remember who approved which held plan, once', async () => {
        const { id: deployment } = await deploymentOf(1);
        for (const [person, permission, plan] of [
          [alice, 'write', digest('a')],
          [alice, 'write', digest('b')],
          [bob, 'admin', digest('a')],
          [bob, 'admin', digest('a')],
        ] as const) {
          await database.store.addHoldApproval({
            deployment,
            person,
            permission,
            plan,
            sources: [`role:${permission}`],
          });
        }
        const approvals = await database.store.holdApprovals(deployment);
        expect(approvals).toHaveLength(2);
        expect(approvals).toContainEqual({
          person: alice,
          permission: 'write',
          plans: [digest('a'), digest('b')],
          sources: ['role:write'],
        });
        expect(approvals).toContainEqual({
          person: bob,
          permission: 'admin',
          plans: [digest('a')],
          sources: ['role:admin'],
        });
      });
    });

    describe('overrides', () => {
      const said = (more: Partial<Override> = {}): Override => ({
        of: { kind: 'rule', name: 'destroying data', origin: 'organization' },
        plans: [digest('a'), digest('b')],
        person: alice,
        sources: ['team:sre', 'role:admin'],
        reason: 'because',
        comment: 17,
        ...more,
      });
      const pull = pullNumber(9);

      it('come back in their order, a comment’s word on the same plans once', async () => {
        const add = (override: Override) => database.store.addOverride({ repository: acme, pull, override });
        const approvals = said({ of: { kind: 'approvals', environment: 'production' } });
        const others = [approvals, said({ comment: 18, person: bob }), said({ plans: [digest('c')] })];
        expect(await add(said())).toBe(true);
        expect(await add(said())).toBe(false);
        for (const other of others) expect(await add(other)).toBe(true);
        expect(await add(approvals)).toBe(false);
        expect(await database.store.overrides(acme, pull)).toStrictEqual([said(), ...others]);
        expect(await database.store.overrides(acme, pullNumber(10))).toEqual([]);
        expect(await database.store.overrides(repositoryId(99), pull)).toEqual([]);
      });

      it('are never changed nor removed', async () => {
        await expect(onDatabase(place, `update planwright.override set reason = 'other'`)).rejects.toThrow(
          'append-only',
        );
        await expect(onDatabase(place, 'delete from planwright.override')).rejects.toThrow('append-only');
      });
    });

    describe('deployments of test merges', () => {
      const parents = { base: sha('5'), head: sha('6'), from: sha('7') };
      const beforeMerge = (extra: Partial<Deployment> = {}) => ({
        repository: acme,
        pull: pullNumber(1),
        target: payments,
        environment: 'production',
        commit: sha('8'),
        testMerge: parents,
        sequence: 0,
        ...extra,
      });

      it('stand beside that of the merge, one a commit, and are not pending', async () => {
        const merged = await deploymentOf(1);
        await database.store.addDeployments([beforeMerge()]);
        await database.store.addDeployments([beforeMerge({ testMerge: { ...parents, from: undefined } })]);
        const second = beforeMerge({ commit: sha('9'), testMerge: { ...parents, head: sha('a'), from: undefined } });
        await database.store.addDeployments([second]);
        const found = await database.store.deploymentsBeforeMerge(acme, pullNumber(1));
        expect(found.map(({ id: _, ...rest }) => rest)).toStrictEqual([
          { ...beforeMerge(), phase: { kind: 'queued' } },
          { ...second, phase: { kind: 'queued' } },
        ]);
        expect(await database.store.deploymentsOfMerge(acme, pullNumber(1))).toStrictEqual([merged]);
        expect(await database.store.pendingPulls(acme, payments)).toEqual([1]);
        expect((await database.store.latestDeployment(acme, payments))?.id).toBe(merged.id);
        expect((await database.store.openDeployments(acme, payments)).map(({ commit }) => commit)).toEqual([
          sha('8'),
          sha('9'),
          sha('4'),
        ]);
      });

      it('tell what their commit was made of, and nothing of a commit of GitHub', async () => {
        await deploymentOf(1);
        await database.store.addDeployments([beforeMerge()]);
        expect(await database.store.testMergeOf(acme, sha('8'))).toStrictEqual({ ...parents, pull: 1 });
        expect(await database.store.testMergeOf(acme, sha('4'))).toBeUndefined();
      });

      it('are applied again once they have ended, in the order in which they were asked for last', async () => {
        const proof = await database.store.lock(acme, payments);
        const merged = await deploymentOf(1);
        await database.store.addDeployments([beforeMerge()]);
        await database.store.addDeployments([beforeMerge({ commit: sha('9') })]);
        const [first] = await database.store.deploymentsBeforeMerge(acme, pullNumber(1));
        if (first === undefined) throw new Error('no deployment');
        expect(await database.store.applyAgain(first.id)).toBe(false);
        await database.store.setPhase(first, { kind: 'succeeded', plan: digest('a'), written: 1 }, proof);
        await database.store.setPhase(merged, { kind: 'failed', reason: 'no', plan: undefined }, proof);
        expect(await database.store.applyAgain(first.id)).toBe(true);
        expect(await database.store.applyAgain(merged.id)).toBe(false);
        const all = await database.store.deploymentsBeforeMerge(acme, pullNumber(1));
        expect(all.map(({ commit, phase }) => [commit, phase.kind])).toEqual([
          [sha('9'), 'queued'],
          [sha('8'), 'queued'],
        ]);
      });
    });

    describe('locks of targets by pull requests', () => {
      const entry = (pull: number, by = alice) => ({ repository: acme, target: payments, pull: pullNumber(pull), by });
      const pulls = (queue: readonly { readonly pull: number }[]) => queue.map(({ pull }) => pull);

      it('belong to the first who asked, and the others keep their places, however often they ask', async () => {
        expect(await database.store.queueForLock(entry(3))).toStrictEqual([entry(3)]);
        expect(pulls(await database.store.queueForLock(entry(1, bob)))).toEqual([3, 1]);
        expect(pulls(await database.store.queueForLock(entry(2)))).toEqual([3, 1, 2]);
        expect(pulls(await database.store.queueForLock(entry(3, bob)))).toEqual([3, 1, 2]);
        expect(await database.store.lockQueue(acme, payments)).toStrictEqual([entry(3), entry(1, bob), entry(2)]);
        expect(await database.store.lockQueue(acme, ledger)).toEqual([]);
      });

      it('go to the next when they are left, and whoever comes back is last', async () => {
        for (const pull of [1, 2, 3]) await database.store.queueForLock(entry(pull));
        expect(await database.store.leaveLockQueue(acme, payments, pullNumber(1))).toBe(true);
        expect(await database.store.leaveLockQueue(acme, payments, pullNumber(1))).toBe(false);
        expect(pulls(await database.store.queueForLock(entry(1)))).toEqual([2, 3, 1]);
      });

      it('are told by pull request', async () => {
        await database.store.queueForLock(entry(1));
        await database.store.queueForLock({ ...entry(1), target: ledger });
        await database.store.queueForLock({ ...entry(2), target: ledger });
        expect(await database.store.locksOf(acme, pullNumber(1))).toEqual([ledger, payments]);
        expect(await database.store.locksOf(acme, pullNumber(2))).toEqual([ledger]);
        expect(await database.store.locksOf(acme, pullNumber(3))).toEqual([]);
      });

      it('never have two holders: who asks while another asks waits for the end of that transaction', async () => {
        let letGo = () => {};
        const held = new Promise<void>((resolve) => {
          letGo = resolve;
        });
        let asked = () => {};
        const hasAsked = new Promise<void>((resolve) => {
          asked = resolve;
        });
        const first = database.store.transaction(async (records) => {
          await records.queueForLock(entry(1));
          asked();
          await held;
        });
        await hasAsked;
        const second = database.store.queueForLock(entry(2));
        letGo();
        await first;
        expect(pulls(await second)).toEqual([1, 2]);
      });

      it('cannot be left while a transaction counts on them', async () => {
        await database.store.queueForLock(entry(1));
        const order: string[] = [];
        let leaving: Promise<unknown> = Promise.resolve();
        await database.store.transaction(async (records) => {
          await records.lockQueue(acme, payments);
          leaving = database.store.leaveLockQueue(acme, payments, pullNumber(1)).then(() => order.push('left'));
          await new Promise((resolve) => setTimeout(resolve, 100));
          order.push('committed');
        });
        await leaving;
        expect(order).toEqual(['committed', 'left']);
      });
    });

    describe('deployed targets', () => {
      const deployed = (): DeployedTarget => ({
        repository: acme,
        target: payments,
        cluster: clusterUid('cluster-1'),
        commit: sha('4'),
        sequence: 1,
        directory: 'apps/payments/overlays/production',
        stored: [{ object, path: 'spec.x', live: '"1"', rendered: '"1000m"' }],
      });

      it('come back as they were set, until they are cleared', async () => {
        const proof = await database.store.lock(acme, payments);
        expect(await database.store.deployed(acme, payments)).toBeUndefined();
        await database.store.setDeployed(deployed(), proof);
        await database.store.setDeployed({ ...deployed(), commit: sha('5'), sequence: 2 }, proof);
        expect(await database.store.deployed(acme, payments)).toStrictEqual({
          ...deployed(),
          commit: sha('5'),
          sequence: 2,
        });
        expect(await database.store.deployedTargets(acme)).toHaveLength(1);
        await database.store.clearDeployed(acme, payments, proof);
        expect(await database.store.deployed(acme, payments)).toBeUndefined();
      });
    });

    describe('locks', () => {
      it('give a higher token to each holder, each target its own', async () => {
        const first = await database.store.lock(acme, payments);
        const second = await database.store.lock(acme, payments);
        const other = await database.store.lock(acme, ledger);
        expect(second.fencingToken).toBeGreaterThan(first.fencingToken);
        expect(other).toMatchObject({ repository: acme, target: ledger });
      });

      it('refuse every write of a holder whose lock was taken over', async () => {
        const old = await database.store.lock(acme, payments);
        const deployment = await deploymentOf(1);
        const current = await database.store.lock(acme, payments);
        const target = {
          repository: acme,
          target: payments,
          cluster: clusterUid('c'),
          commit: sha('4'),
          sequence: 1,
          directory: 'd',
          stored: [],
        };
        await database.store.setDeployed(target, current);
        const writes = [
          () => database.store.setPhase(deployment, { kind: 'applying', plan: digest('a'), deadlineMs: 600_000 }, old),
          () => database.store.addStep({ deployment: deployment.id, object, action: 'update', state: 'intended' }, old),
          () => database.store.setDeployed({ ...target, commit: sha('5') }, old),
          () => database.store.clearDeployed(acme, payments, old),
          () =>
            database.store.transaction((records) =>
              records.setPhase(deployment, { kind: 'applying', plan: digest('a'), deadlineMs: 600_000 }, old),
            ),
        ];
        for (const write of writes) await expect(write()).rejects.toThrow(LockLost);
        expect(await database.store.deployment(deployment.id)).toStrictEqual(deployment);
        expect(await database.store.steps(deployment.id)).toEqual([]);
        expect(await database.store.deployed(acme, payments)).toStrictEqual(target);
      });

      it('make a takeover wait for the write that is under way', async () => {
        const proof = await database.store.lock(acme, payments);
        const deployment = await deploymentOf(1);
        const order: string[] = [];
        let takeover: Promise<unknown> = Promise.resolve();
        await database.store.transaction(async (records) => {
          await records.setPhase(deployment, { kind: 'applying', plan: digest('a'), deadlineMs: 600_000 }, proof);
          takeover = database.store.lock(acme, payments).then(() => order.push('taken over'));
          await new Promise((resolve) => setTimeout(resolve, 100));
          order.push('written');
        });
        await takeover;
        expect(order).toEqual(['written', 'taken over']);
      });

      it('of one target do not allow writes to another', async () => {
        const proof = await database.store.lock(acme, ledger);
        const deployment = await deploymentOf(1);
        await expect(database.store.setPhase(deployment, { kind: 'queued' }, proof)).rejects.toThrow(
          'not one of ledger@production',
        );
        await expect(
          database.store.addStep({ deployment: deployment.id, object, action: 'update', state: 'done' }, proof),
        ).rejects.toThrow('not one of');
        await expect(database.store.clearDeployed(acme, payments, proof)).rejects.toThrow('does not allow');
      });
    });

    describe('transactions', () => {
      it('keep nothing when the work throws', async () => {
        const work = database.store.transaction(async (records) => {
          await records.recordMerge(merge(1));
          await records.audit({ repository: acme, kind: 'merge', subject: 'rolled back', facts: {} });
          throw new Error('no');
        });
        await expect(work).rejects.toThrow('no');
        expect(await database.store.merge(acme, pullNumber(1))).toBeUndefined();
        expect(await onDatabase(place, `select from planwright.audit where subject = 'rolled back'`)).toEqual([]);
      });

      it('are tried again when two of them wait for each other', async () => {
        const other = repositoryId(acme + 500_000);
        let runs = 0;
        const crossing = (first: RepositoryId, second: RepositoryId) =>
          database.store.transaction(async (records) => {
            runs += 1;
            await records.recordMerge({ ...merge(1), repository: first });
            await new Promise((resolve) => setTimeout(resolve, 100));
            await records.recordMerge({ ...merge(1), repository: second });
          });
        await Promise.all([crossing(acme, other), crossing(other, acme)]);
        expect(runs).toBeGreaterThan(2);
        expect(await database.store.merge(other, pullNumber(1))).toMatchObject({ sequence: 1 });
      });

      it('do not pretend to have stored when the work swallowed a fault of the database', async () => {
        const work = database.store.transaction(async (records) => {
          await records.recordMerge(merge(1));
          await records.deployment(2 ** 80).catch(() => undefined);
        });
        await expect(work).rejects.toThrow('transaction is aborted');
        expect(await database.store.merge(acme, pullNumber(1))).toBeUndefined();
      });
    });

    it('keeps one secret key of 32 bytes', async () => {
      const key = await database.store.secretKey();
      expect(key).toHaveLength(32);
      expect(await database.store.secretKey()).toEqual(key);
      const kept = await onDatabase(place, 'select value from planwright.setting');
      expect(kept.map(({ value }) => Buffer.from(value as Uint8Array))).toEqual([Buffer.from(key)]);
    });

    it('is ready only when the database is at the migration that the code knows', async () => {
      await expect(database.store.ready()).resolves.toBeUndefined();
      await onDatabase(place, `insert into planwright.planwright_migration (number, name) values (999, 'future')`);
      await expect(database.store.ready()).rejects.toThrow('migration 999');
      await onDatabase(place, 'delete from planwright.planwright_migration where number = 999');
      await expect(database.store.ready()).resolves.toBeUndefined();
    });

    it('never logs a password', () => {
      expect(log.lines.join('\n') + database.description).not.toContain('canary-password');
    });

    // These two come last: every connection breaks.
    it('refuses a transaction in whose middle the database goes away, and the process lives', async () => {
      const work = database.store.transaction(async (records) => {
        await records.recordMerge(merge(1));
        await place.interrupt();
        await records.recordMerge(merge(2));
      });
      await expect(work).rejects.toThrow();
      await vi.waitFor(async () => expect(await database.store.merge(acme, pullNumber(1))).toBeUndefined(), {
        timeout: 20_000,
        interval: 50,
      });
    });

    it('works again after the database was away, refusing in between, and the process lives', async () => {
      let calls = 0;
      await database.subscribeDeliveries(() => {
        calls += 1;
      });
      await place.interrupt();
      const sent = hint();
      await vi.waitFor(() => database.inbox.store(sent), { timeout: 20_000, interval: 20 });
      await vi.waitFor(() => expect(calls).toBeGreaterThanOrEqual(2), { timeout: 20_000, interval: 20 });
      const before = calls;
      await vi.waitFor(
        async () => {
          await database.inbox.store(hint());
          expect(calls).toBeGreaterThan(before);
        },
        { timeout: 20_000, interval: 50 },
      );
      expect(await database.store.transaction((records) => records.takeDeliveries(1_000))).toContainEqual(sent);
    });
  });
}

async function onDatabase(place: DatabasePlace, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client(await place.connection());
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
