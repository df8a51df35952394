import { expect, test } from 'vitest';
import { parseTargetName } from '../../../src/domain/identity.ts';
import { planLink } from '../../../src/domain/report/plan-link.ts';
import { effect, head, plan } from '../plan-builder.ts';

const url = 'https://planwright.example.com';

test('a plan with effects is found by its digest alone', () => {
  const linked = plan({ effects: [effect()] });
  expect(planLink(url, linked)).toBe(`${url}/plans/${linked.digest}`);
});

test('a plan without effects says whose it is, in a form that Markdown leaves alone', () => {
  const linked = plan({ target: parseTargetName("apps/(web)_'1*@production") });
  const link = planLink(url, linked);
  expect(link).toMatch(/^[\w:/.?=&%-]+$/);
  expect(link).not.toContain('_');
  const { pathname, searchParams } = new URL(link);
  expect(pathname).toBe(`/plans/${linked.digest}`);
  expect(Object.fromEntries(searchParams)).toEqual({ target: linked.target, head });
});
