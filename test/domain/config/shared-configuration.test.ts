import { describe, expect, it } from 'vitest';
import { readOrganizationFile } from '../../../src/domain/config/shared-configuration.ts';

const read = (text: string) => readOrganizationFile({ path: 'acme/.github: planwright.yml', text });

function problems(text: string): readonly string[] {
  const answer = read(text);
  if (answer.kind === 'read') return [];
  return answer.problems.map(({ position, message }) => `${position?.line}:${position?.column} ${message}`);
}

describe("an organization's file", () => {
  it('holds rules, and for environments how many must approve and who may override that', () => {
    const answer = read(`version: 1
environments:
  production: {approvals: 2}
  staging: {override: {from: ["team:sre"]}}
  test:
rules:
  - name: destroying data
    when: {action: delete, environment: anything}
    require: {from: ["team:sre"]}
`);

    expect(answer).toMatchObject({
      kind: 'read',
      shared: {
        environments: new Map([
          ['production', { approvals: 2, override: [] }],
          ['staging', { approvals: undefined, override: [{ kind: 'team', slug: 'sre' }] }],
          ['test', { approvals: undefined, override: undefined }],
        ]),
        rules: [{ name: 'destroying data', origin: 'organization' }],
      },
    });
  });

  it.each([
    ['', '1:1 the file is empty: it needs at least "version: 1"'],
    ['rules: []', '1:1 the file has no key "version", which is required'],
    ['version: 1\nrule: []', '2:1 unknown key "rule" — did you mean "rules"?'],
    ['version: 1\nstacks: [{path: a}]', `2:1 "stacks" is for a repository's own .github/planwright.yml: take it out`],
    ['version: 1\napply: after-merge', `2:1 "apply" is for a repository's own .github/planwright.yml: take it out`],
    [
      'version: 1\nenvironments:\n  a: {after: [b]}',
      `3:7 "after" is for a repository's own .github/planwright.yml: take it out`,
    ],
    ['version: 1\nenvironments:\n  a: {freeze: ["Fri 16:00 - Mon 08:00 UTC"]}', '3:7 "freeze" is not supported yet'],
    ['version: 1\nrules:\n- {name: x, deny: No., when: {name: "{a,b}"}}', '3:37 "{a,b}"'],
  ])('%j is refused on its line: %s', (text, problem) => {
    expect(problems(text)[0]).toContain(problem);
  });
});
