import { html } from 'hono/html';
import type { DemoSnapshot } from '../snapshot.ts';
import { checkBox } from './check-box.ts';
import { clusterTables } from './cluster-tables.ts';
import { conversation } from './conversation.ts';
import { environmentList } from './environment-list.ts';
import type { Markup } from './markup.ts';
import { progressStrip } from './progress-strip.ts';
import { pullTitle } from './pull-title.ts';
import { referenceLinks } from './reference-links.ts';
import { stepLook } from './state-look.ts';

/** All that changes while the page is open. */
export interface PageContent {
  readonly title: string;
  /** One line for people who do not see the page change. */
  readonly announcement: string;
  /** The parts of the page; each is replaced on its own, so that what a reader unfolded elsewhere stays. */
  readonly parts: string;
}

export async function pageContent(snapshot: DemoSnapshot): Promise<PageContent> {
  const { steps, pull, clusters, links, hint } = snapshot;
  const latest = steps.findLast((step) => step.state !== 'waiting');
  const parts = await html`
    <div data-part="problem"></div>
    <div data-part="progress">${progressStrip(steps)}</div>
    <div data-part="title">${pullTitle(pull)}</div>
    <div class="columns">
      <div class="wide">
        <div data-part="conversation">${conversation(pull)}</div>
        <div data-part="checks">${checkBox(pull)}</div>
      </div>
      <div class="side">
        <div data-part="environments">${environmentList(pull)}</div>
        <div data-part="clusters">${clusterTables(clusters)}</div>
        <div data-part="links">${referenceLinks(links)}</div>
      </div>
    </div>
    <div data-part="hint">${hint === '' ? '' : html`<p class="hint">${hint}</p>`}</div>`;
  return {
    title: pull === undefined ? 'Planwright demo' : `${pull.title} · #${pull.number} · ${pull.repository}`,
    announcement: latest === undefined ? '' : `${latest.title}: ${stepLook(latest.state).words}`,
    parts: parts.toString(),
  };
}

/** What is shown when the state cannot be read: only the problem; an open page keeps what it last showed below it. */
export async function problemContent(problem: unknown): Promise<PageContent> {
  const reason = problem instanceof Error ? problem.message : String(problem);
  const text = `The demo's state could not be read: ${reason}`;
  const part: Markup = html`<div data-part="problem"><p class="flash" role="alert"><strong>${text}</strong> It is tried again.</p></div>`;
  return { title: 'Planwright demo', announcement: text, parts: (await part).toString() };
}
