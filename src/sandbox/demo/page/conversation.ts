import { html } from 'hono/html';
import type { DemoPull } from '../snapshot.ts';
import { icon } from './icon.ts';
import { markdown } from './markdown.ts';
import type { Markup } from './markup.ts';
import { reviewLook } from './state-look.ts';

type Comment = DemoPull['comments'][number];
type Review = DemoPull['reviews'][number];

const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

/** What was said on the pull request: comments as GitHub renders them, then reviews. */
export function conversation(pull: DemoPull | undefined): Markup {
  return html`<section class="conversation" aria-labelledby="conversation-title">
    <h2 id="conversation-title" class="unseen">Conversation</h2>
    ${pull === undefined ? beforeThePull : pull.comments.map(commentCard)}
    ${pull !== undefined && pull.comments.length === 0 ? beforeTheComment : ''}
    ${pull?.reviews.map(reviewItem)}
    ${pull?.state === 'merged' ? mergedItem : ''}
  </section>`;
}

const beforeThePull = html`<div class="blank">
  ${icon('pull', 'quiet')}
  <p><strong>The pull request has not been opened yet</strong></p>
  <p class="muted">A GitHub, clusters and Planwright are being started. Then a change to the infrastructure is proposed, and what it would do stands here.</p>
</div>`;

const beforeTheComment = html`<div class="blank">
  ${icon('comment', 'quiet')}
  <p><strong>No comment yet</strong></p>
  <p class="muted">Planwright is asking the clusters what this change would do. Its one comment is edited in place from then on.</p>
</div>`;

const mergedItem = html`<p class="event"><span class="event-mark mark-merged">${icon('merge')}</span> <span>Merged. Every target is planned again at its turn, and only what was approved is applied.</span></p>`;

function commentCard({ author, body, updatedAt }: Comment): Markup {
  return html`<article class="comment" aria-label="Comment by ${author}">
    ${avatar(author)}
    <div class="card">
      <p class="card-head"><span>${authorName(author)} <span class="muted">commented, last edited
        <time datetime="${updatedAt.toISOString()}">${time.format(updatedAt)}</time></span></span></p>
      <div class="markdown">${markdown(body)}</div>
    </div>
  </article>`;
}

function reviewItem({ reviewer, state }: Review): Markup {
  const { tone, icon: name, words } = reviewLook(state);
  return html`<p class="event"><span class="event-mark mark-${tone}">${icon(name)}</span> <span><strong>${reviewer}</strong> ${words}</span></p>`;
}

function authorName(login: string): Markup {
  const name = login.replace(/\[bot\]$/, '');
  return html`<strong>${name}</strong>${name === login ? '' : html` <span class="label">bot</span>`}`;
}

function avatar(login: string): Markup {
  return login.endsWith('[bot]')
    ? html`<img class="avatar" src="/icon.svg" alt="" width="40" height="40">`
    : html`<span class="avatar" aria-hidden="true">${login.charAt(0).toUpperCase()}</span>`;
}
