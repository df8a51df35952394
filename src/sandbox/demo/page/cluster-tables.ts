import { html } from 'hono/html';
import type { DemoCluster } from '../snapshot.ts';
import { icon } from './icon.ts';
import type { Markup } from './markup.ts';
import { objectTone } from './state-look.ts';

type ClusterObject = DemoCluster['objects'][number];

/** What there is on each cluster now. */
export function clusterTables(clusters: readonly DemoCluster[]): Markup {
  return html`<section aria-labelledby="clusters-title">
    <h2 id="clusters-title">On the clusters</h2>
    ${clusters.length === 0 ? html`<div class="card"><p class="empty">${icon('cluster', 'quiet')} The clusters are being started.</p></div>` : clusters.map(clusterCard)}
  </section>`;
}

function clusterCard({ name, objects }: DemoCluster): Markup {
  return html`<div class="card cluster">
    <h3 class="card-head">${icon('cluster', 'quiet')} ${name} <span class="count">${objects.length}<span class="unseen"> objects</span></span></h3>
    ${objects.length === 0 ? html`<p class="empty">Nothing was deployed here yet.</p>` : objectTable(name, objects)}
  </div>`;
}

function objectTable(cluster: string, objects: readonly ClusterObject[]): Markup {
  return html`<table class="objects">
    <caption class="unseen">Objects on ${cluster}</caption>
    <thead><tr><th scope="col">Object</th><th scope="col">Status</th></tr></thead>
    <tbody>${objects.map(objectRow)}</tbody>
  </table>`;
}

function objectRow({ kind, namespace, name, status }: ClusterObject): Markup {
  return html`<tr><th scope="row"><span class="object-name">${name}</span>
    <span class="muted">${kind}${namespace === '' ? '' : ` in ${namespace}`}</span></th>
    <td><span class="dot dot-${objectTone(status)}" aria-hidden="true"></span>${status}</td></tr>`;
}
