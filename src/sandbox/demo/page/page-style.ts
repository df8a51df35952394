/** Looks like GitHub in its light and dark dress, from system fonts and colours of our own writing. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1f2328, #f0f6fc);
  --muted: light-dark(#59636e, #9198a1);
  --page: light-dark(#ffffff, #0d1117);
  --soft: light-dark(#f6f8fa, #151b23);
  --line: light-dark(#d1d9e0, #3d444d);
  --link: light-dark(#0969da, #4493f8);
  --good: light-dark(#1a7f37, #3fb950);
  --busy: light-dark(#9a6700, #d29922);
  --attention: light-dark(#9a6700, #d29922);
  --bad: light-dark(#cf222e, #f85149);
  --merged: light-dark(#8250df, #ab7df8);
  --code: light-dark(#818b981f, #656c7633);
  --font: -apple-system, BlinkMacSystemFont, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif, "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji";
  --mono: ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.5 var(--font); overflow-wrap: break-word; }
h1, h2, h3, p, ul, ol { margin: 0; padding: 0; }
a { color: var(--link); text-underline-offset: 0.2em; }
a:focus-visible, summary:focus-visible, pre:focus-visible { outline: 2px solid var(--link); outline-offset: -1px; border-radius: 4px; }
code, pre { font-family: var(--mono); font-size: 12px; }
small { font-size: 12px; }
.muted { color: var(--muted); }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 8px; top: -60px; padding: 8px 12px; background: var(--page); border: 1px solid var(--line); border-radius: 6px; z-index: 1; }
.skip:focus { top: 8px; }
.sprite { display: none; }
.icon { width: 16px; height: 16px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; vertical-align: -3px; }
.tone-good { color: var(--good); }
.tone-busy { color: var(--busy); }
.tone-attention { color: var(--attention); }
.tone-bad { color: var(--bad); }
.tone-merged { color: var(--merged); }
.tone-quiet { color: var(--muted); }

.top { display: flex; align-items: center; gap: 10px; padding: 12px 24px; background: var(--soft); border-bottom: 1px solid var(--line); }
.top img { display: block; }
.brand { font-size: 15px; }
.connection { margin-left: auto; display: flex; align-items: center; gap: 6px; font-size: 12px; color: var(--muted); text-align: right; }
.connection[data-state]::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--muted); flex: none; }
.connection[data-state="live"]::before { background: var(--good); }
main { max-width: 1280px; margin: 0 auto; padding: 0 24px; }

.flash { margin: 16px 0 0; padding: 12px 16px; border: 1px solid light-dark(#ff818266, #f8514966); border-radius: 6px; background: light-dark(#ffebe9, #f851491a); }
.flash pre { margin: 8px 0 0; white-space: pre-wrap; overflow-wrap: anywhere; max-height: 320px; overflow: auto; }

.progress { margin-top: 20px; }
.progress ol { display: flex; gap: 8px; list-style: none; }
.step { flex: 1 1 0; min-width: 0; display: flex; gap: 8px; padding: 10px 8px 0 0; border-top: 3px solid var(--line); }
.step.tone-good { border-color: var(--good); }
.step.tone-busy { border-color: var(--busy); }
.step.tone-bad { border-color: var(--bad); }
.step .icon { margin-top: 1px; }
.step-title { display: block; color: var(--text); font-size: 12px; line-height: 18px; font-weight: 500; }
.step.tone-quiet .step-title { color: var(--muted); font-weight: 400; }
.step small { color: var(--muted); }

.title { margin: 24px 0 20px; padding-bottom: 16px; border-bottom: 1px solid var(--line); }
.title h1 { font-size: 32px; line-height: 1.25; font-weight: 400; }
.number { color: var(--muted); font-weight: 300; }
.title p { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; margin-top: 8px; }
.badge { display: inline-flex; align-items: center; gap: 5px; padding: 5px 12px; border-radius: 999px; color: #fff; font-weight: 500; }
.badge-good { background: light-dark(#1f883d, #238636); }
.badge-merged { background: light-dark(#8250df, #8048dd); }
.badge-bad { background: light-dark(#cf222e, #c9303a); }
.branch { padding: 2px 6px; border-radius: 6px; background: light-dark(#ddf4ff, #388bfd1a); color: var(--link); font: 12px var(--mono); }

.columns { display: grid; grid-template-columns: minmax(0, 1fr) 368px; gap: 24px; align-items: start; }
.side { display: grid; gap: 24px; }
.side h2, .checks h2 { margin-bottom: 8px; font-size: 14px; font-weight: 600; }
.card { border: 1px solid var(--line); border-radius: 6px; background: var(--page); overflow: hidden; }
.card + .card { margin-top: 12px; }
.card-head { display: flex; align-items: center; gap: 8px; padding: 8px 16px; background: var(--soft); border-bottom: 1px solid var(--line); font-size: 14px; }
.empty { display: flex; align-items: center; gap: 8px; padding: 16px; color: var(--muted); }
.label { padding: 0 6px; border: 1px solid var(--line); border-radius: 999px; font-size: 12px; font-weight: 500; color: var(--muted); }
.blank { padding: 40px 24px; border: 1px dashed var(--line); border-radius: 6px; text-align: center; }
.blank .icon { width: 28px; height: 28px; margin-bottom: 8px; }
.blank p { max-width: 52ch; margin: 4px auto 0; }

.comment { display: grid; grid-template-columns: 40px minmax(0, 1fr); gap: 16px; }
.comment + .comment { margin-top: 16px; }
.avatar { width: 40px; height: 40px; border-radius: 50%; display: grid; place-items: center; background: var(--soft); border: 1px solid var(--line); font-size: 17px; font-weight: 600; color: var(--muted); }
img.avatar { border-radius: 9px; border: 0; }
.event { display: flex; align-items: center; gap: 12px; margin-left: 56px; padding: 16px 0 0 16px; position: relative; }
.event::before { content: ""; position: absolute; left: 31px; top: 0; height: 16px; border-left: 2px solid var(--line); }
.event-mark { display: grid; place-items: center; width: 32px; height: 32px; flex: none; border-radius: 50%; background: var(--soft); border: 1px solid var(--line); color: var(--muted); }
.mark-good { background: light-dark(#1f883d, #238636); border-color: transparent; color: #fff; }
.mark-bad { background: light-dark(#cf222e, #c9303a); border-color: transparent; color: #fff; }
.mark-merged { background: light-dark(#8250df, #8048dd); border-color: transparent; color: #fff; }

.markdown { padding: 16px; }
.markdown :is(p, ul, ol, table, pre, details, blockquote, .alert) { margin: 0 0 16px; }
.markdown :is(h3, h4, h5, h6) { margin: 24px 0 12px; font-size: 17.5px; line-height: 1.25; font-weight: 600; }
.markdown :is(h4, h5, h6) { font-size: 14px; }
.markdown :is(ul, ol) { padding-left: 2em; }
.markdown li > :is(ul, ol) { margin-bottom: 0; }
.markdown code { padding: 0.2em 0.4em; border-radius: 6px; background: var(--code); overflow-wrap: anywhere; }
.markdown pre { border-radius: 6px; background: var(--soft); overflow-x: auto; line-height: 1.5; }
.markdown pre code { display: block; width: max-content; min-width: 100%; padding: 12px 0; background: none; overflow-wrap: normal; }
.markdown pre:not(.diff) code { padding: 12px 16px; }
.markdown table { display: block; width: max-content; max-width: 100%; overflow-x: auto; border-collapse: collapse; }
.markdown :is(th, td) { padding: 6px 13px; border: 1px solid var(--line); text-align: left; }
.markdown [align="center"] { text-align: center; }
.markdown [align="right"] { text-align: right; }
.markdown :is(th, td) code { white-space: nowrap; }
.markdown th { font-weight: 600; }
.markdown tbody tr:nth-child(2n) { background: var(--soft); }
.markdown summary { cursor: pointer; }
.markdown summary + * { margin-top: 12px; }
.markdown blockquote { padding: 0 1em; border-left: 0.25em solid var(--line); color: var(--muted); }
.markdown > :first-child { margin-top: 0; }
.markdown > :last-child, .markdown details > :last-child { margin-bottom: 0; }
.alert { padding: 4px 16px; border-left: 0.25em solid var(--line); }
.markdown .alert > :last-child { margin-bottom: 0; }
.markdown .alert > :not(:last-child) { margin-bottom: 8px; }
.alert-title { font-weight: 600; }
.alert.note { border-color: var(--link); }
.alert.tip { border-color: var(--good); }
.alert.important { border-color: var(--merged); }
.alert.warning { border-color: var(--busy); }
.alert.caution { border-color: var(--bad); }
.alert.note > .alert-title { color: var(--link); }
.alert.tip > .alert-title { color: var(--good); }
.alert.important > .alert-title { color: var(--merged); }
.alert.warning > .alert-title { color: var(--busy); }
.alert.caution > .alert-title { color: var(--bad); }
.diff span { display: block; padding: 0 16px; min-height: 1.5em; }
.diff .added { background: light-dark(#dafbe1, #033a16); color: light-dark(#116329, #aff5b4); }
.diff .removed { background: light-dark(#ffebe9, #4c0f14); color: light-dark(#82071e, #ffdcd7); }
.diff .hunk { color: light-dark(#6639ba, #d2a8ff); font-weight: 600; }
.diff .danger { background: light-dark(#fff1e5, #4a2500); color: light-dark(#8a3600, #ffdfb6); }
.diff .remark { color: var(--muted); }

.checks { margin: 24px 0 0 56px; }
.card-good { border-color: var(--good); }
.card-bad { border-color: var(--bad); }
.card-attention, .card-busy { border-color: var(--busy); }
.checks-head { display: flex; gap: 12px; padding: 14px 16px; }
.checks-head h3 { font-size: 16px; line-height: 1.3; font-weight: 600; }
.checks-head .icon { width: 22px; height: 22px; }
.check { border-top: 1px solid var(--line); }
.check summary { display: flex; align-items: center; gap: 10px; padding: 9px 16px; cursor: pointer; list-style: none; }
.check summary::-webkit-details-marker { display: none; }
.check summary:hover { background: var(--soft); }
.check summary::after { content: ""; width: 7px; height: 7px; flex: none; border: solid var(--muted); border-width: 0 1.5px 1.5px 0; transform: translateY(-2px) rotate(45deg); }
.check[open] summary::after { transform: translateY(1px) rotate(225deg); }
.check[open] summary { background: var(--soft); border-bottom: 1px solid var(--line); }
.check-name { flex: 1; min-width: 0; }
.check-name strong { font-weight: 600; margin-right: 4px; }
.check-state { font-size: 12px; white-space: nowrap; }

.environments { list-style: none; }
.environments li { display: flex; align-items: baseline; gap: 10px; padding: 10px 16px; }
.environments li + li { border-top: 1px solid var(--line); }
.environments div { flex: 1; min-width: 0; }
.environments .muted { font-size: 12px; }
.pill { display: inline-flex; align-items: center; gap: 5px; padding: 1px 9px; border: 1px solid currentColor; border-radius: 999px; font-size: 12px; font-weight: 500; white-space: nowrap; }
.pill .icon { width: 13px; height: 13px; }

.cluster h3 { font-weight: 600; }
.count { margin-left: auto; min-width: 20px; padding: 0 6px; border-radius: 999px; background: var(--code); text-align: center; font-size: 12px; font-weight: 500; }
.objects { width: 100%; border-collapse: collapse; font-size: 13px; }
.objects thead th { padding: 6px 16px; font-size: 12px; font-weight: 500; color: var(--muted); text-align: left; border-bottom: 1px solid var(--line); }
.objects tbody tr + tr > * { border-top: 1px solid var(--line); }
.objects tbody :is(th, td) { padding: 7px 16px; text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; }
.objects tbody td { width: 50%; padding-left: 16px; text-indent: -14px; }
.objects .muted { display: block; font-size: 12px; }
.object-name { font-weight: 600; }
.dot { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 50%; }
.dot-good { background: var(--good); }
.dot-busy { border: 2px solid var(--busy); }
.dot-bad { background: var(--bad); border-radius: 2px; }

.links { list-style: none; }
.links li { display: flex; gap: 8px; padding: 3px 0; overflow-wrap: anywhere; }
.links .icon { margin-top: 3px; }
.hint { margin-top: 32px; padding: 12px 16px; border-radius: 6px; background: var(--soft); color: var(--muted); }
.foot { max-width: 1280px; margin: 24px auto 0; padding: 16px 24px 32px; color: var(--muted); font-size: 12px; }

@media (max-width: 1011px) {
  .columns { grid-template-columns: minmax(0, 1fr); }
  .comment { grid-template-columns: minmax(0, 1fr); }
  .avatar { display: none; }
  .event, .checks { margin-left: 0; }
}
@media (max-width: 767px) {
  .top { padding: 12px 16px; }
  main { padding: 0 16px; }
  .foot { padding: 16px 16px 32px; }
  .title h1 { font-size: 26px; }
  .progress ol { flex-direction: column; gap: 0; }
  .step { padding: 6px 0 6px 10px; border-top: 0; border-left: 3px solid var(--line); }
  .check summary { flex-wrap: wrap; }
  .check-name { flex-basis: calc(100% - 60px); }
  .check-name .muted { display: block; }
  .check-state { margin-left: 26px; flex: 1; }
}
@media (prefers-reduced-motion: no-preference) {
  .icon-running { animation: turn 1.6s linear infinite; }
  @keyframes turn { to { transform: rotate(360deg); } }
}
`;
