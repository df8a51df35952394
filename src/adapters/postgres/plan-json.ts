import type { NewConfiguration } from '../../domain/config/new-configuration.ts';
import type { MatchedRule } from '../../domain/gate/matched-rule.ts';
import { clusterUid, commitSha, parseTargetName, planDigest, treeSha } from '../../domain/identity.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { Problem } from '../../domain/manifest/rendered-object.ts';
import type { Effect } from '../../domain/plan/effect.ts';
import type { Plan } from '../../domain/plan/plan.ts';
import type { PlanningOutcome } from '../../domain/report/pull-request-view.ts';

/** Plans and outcomes as they were stored. What has not their shape is a TypeError that says which member is wrong. */
export function readOutcome(stored: unknown): PlanningOutcome {
  const outcome = objectIn({ outcome: stored as Json }, 'outcome');
  switch (outcome['kind']) {
    case 'no-changes':
      return { kind: 'no-changes' };
    case 'conflict':
      return { kind: 'conflict', files: listIn(outcome, 'files').map((_, index, files) => textIn(files, index)) };
    case 'invalid':
      return { kind: 'invalid', problems: problemsIn(outcome) };
    case 'planned': {
      const { configurationContent, advice } = outcome;
      return {
        kind: 'planned',
        plans: listIn(outcome, 'plans').map(readPlan),
        problems: problemsIn(outcome),
        configurationChanged: flagIn(outcome, 'configurationChanged'),
        ...(configurationContent === undefined
          ? {}
          : { configurationContent: textIn(outcome, 'configurationContent') }),
        ...(advice === undefined ? {} : { advice: textIn(outcome, 'advice') }),
        offline: flagIn(outcome, 'offline'),
        ...(outcome['newConfiguration'] === undefined ? {} : { newConfiguration: readNewConfiguration(outcome) }),
        ...(outcome['rules'] === undefined ? {} : { rules: listIn(outcome, 'rules').map(readMatchedRule) }),
      };
    }
    default:
      throw new TypeError(`not the kind of an outcome: ${JSON.stringify(outcome['kind'])}`);
  }
}

function readNewConfiguration(outcome: JsonObject): NewConfiguration {
  const stored = objectIn(outcome, 'newConfiguration');
  for (const name of ['added', 'removed', 'approvals']) listIn(stored, name);
  for (const name of ['asked', 'dropped']) listIn(objectIn(stored, 'rules'), name);
  return stored as unknown as NewConfiguration;
}

export function readPlan(stored: unknown): Plan {
  const content = objectIn({ plan: stored as Json }, 'plan');
  const cluster = objectIn(content, 'cluster');
  const left = content['leaves'] === undefined ? undefined : objectIn(content, 'leaves');
  const effects = listIn(content, 'effects').map(readEffect);
  for (const move of listIn(content, 'moves')) checkMove(move);
  for (const change of listIn(content, 'changes')) checkChange(change);
  return {
    ...(content as unknown as Plan),
    digest: planDigest(textIn(content, 'digest')),
    target: parseTargetName(textIn(content, 'target')),
    cluster: {
      name: textIn(cluster, 'name'),
      uid: cluster['uid'] === undefined ? undefined : clusterUid(textIn(cluster, 'uid')),
    },
    ...(left === undefined
      ? {}
      : {
          leaves: {
            uid: clusterUid(textIn(left, 'uid')),
            ...(left['name'] === undefined ? {} : { name: textIn(left, 'name') }),
          },
        }),
    head: commitSha(textIn(content, 'head')),
    base: commitSha(textIn(content, 'base')),
    tree: treeSha(textIn(content, 'tree')),
    problems: problemsIn(content),
    complete: flagIn(content, 'complete'),
    effects,
  };
}

export function readEffect(stored: unknown): Effect {
  const effect = checkMove(stored);
  return {
    ...(effect as unknown as Effect),
    target: parseTargetName(textIn(effect, 'target')),
    cluster: clusterUid(textIn(effect, 'cluster')),
  };
}

function readMatchedRule(stored: unknown): MatchedRule {
  const rule = objectIn({ rule: stored as Json }, 'rule');
  textIn(rule, 'name');
  textIn(rule, 'origin');
  textIn(objectIn(rule, 'outcome'), 'kind');
  listIn(rule, 'override');
  if (rule['problem'] !== undefined) textIn(rule, 'problem');
  return {
    ...(rule as unknown as MatchedRule),
    targets: listIn(rule, 'targets').map((_, index, targets) => parseTargetName(textIn(targets, index))),
    objects: listIn(rule, 'objects').map((_, index, objects) => textIn(objects, index)),
  };
}

function checkMove(stored: unknown): JsonObject {
  const move = objectIn({ effect: stored as Json }, 'effect');
  textIn(move, 'action');
  textIn(move, 'path');
  textIn(objectIn(move, 'object'), 'kind');
  for (const side of ['before', 'after']) textIn(objectIn(move, side), 'kind');
  return move;
}

function checkChange(stored: unknown): void {
  const change = objectIn({ change: stored as Json }, 'change');
  textIn(change, 'action');
  textIn(objectIn(change, 'object'), 'kind');
  textIn(objectIn(change, 'confidence'), 'level');
  listIn(change, 'differences');
  listIn(change, 'notes');
}

function problemsIn(of: JsonObject): readonly Problem[] {
  return listIn(of, 'problems').map((stored) => {
    const problem = objectIn({ problem: stored }, 'problem');
    textIn(problem, 'severity');
    textIn(problem, 'message');
    return problem as unknown as Problem;
  });
}

function objectIn(of: JsonObject, name: string): JsonObject {
  const value = of[name];
  if (!isJsonObject(value)) throw wrong(name, 'an object');
  return value;
}

function listIn(of: JsonObject, name: string): readonly Json[] {
  const value = of[name];
  if (!isJsonArray(value)) throw wrong(name, 'a list');
  return value;
}

function textIn(of: JsonObject | readonly Json[], name: string | number): string {
  const value = isJsonArray(of) ? of[Number(name)] : of[name];
  if (typeof value !== 'string') throw wrong(name, 'a text');
  return value;
}

function flagIn(of: JsonObject, name: string): boolean {
  const value = of[name];
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

function wrong(name: string | number, wanted: string): TypeError {
  return new TypeError(`${name} is not ${wanted}`);
}
