/** Of every page. Its text is part of the content policy; no file is loaded. Each pair of colours has a contrast of 4.5 or more. */
export const styles = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --sheet: #f6f8fa; --ink: #1f2328; --quiet: #59636e; --line: #d1d9e0; --link: #0b57d0;
  --add: #116329; --add-paper: #dcf7e3; --remove: #a40e26; --remove-paper: #ffe9e9;
  --change: #7a4b00; --change-paper: #fff3d1; --calm: #0a4a8f; --calm-paper: #e3f0ff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #0d1117; --sheet: #151b23; --ink: #e6edf3; --quiet: #9da7b3; --line: #30363d; --link: #79b8ff;
    --add: #7ee2a0; --add-paper: #10301c; --remove: #ffa3a3; --remove-paper: #3d1519;
    --change: #f2cc60; --change-paper: #33270a; --calm: #9ecbff; --calm-paper: #10263f;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 66rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: .875em; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
header { margin-bottom: 1.75rem; }
.kicker { margin: 0; color: var(--quiet); font-size: .875rem; }
h1 { margin: .15rem 0 .1rem; font-size: 1.85rem; line-height: 1.25; letter-spacing: -.01em; }
.commits { margin: 0 0 .9rem; color: var(--quiet); }
h1 .on { color: var(--quiet); font-weight: 400; }
h2 { margin: 2.25rem 0 .8rem; font-size: 1.2rem; line-height: 1.3; }
.quiet { color: var(--quiet); font-weight: 400; }

.counts { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; }
.count { padding: .2rem .8rem; border-radius: 999px; background: var(--sheet); color: var(--ink); font-size: .925rem; }
.badge { display: inline-block; padding: .06rem .55rem; border-radius: 999px; background: var(--sheet); color: var(--quiet);
  font-size: .775rem; font-weight: 600; white-space: nowrap; }
.delete, .replace, .error { --tone: var(--remove); --tone-paper: var(--remove-paper); }
.update, .warning, .unsure { --tone: var(--change); --tone-paper: var(--change-paper); }
.create { --tone: var(--add); --tone-paper: var(--add-paper); }
.no-op { --tone: var(--quiet); --tone-paper: var(--sheet); }
.count.delete, .count.replace, .count.update, .count.create,
.badge.delete, .badge.replace, .badge.update, .badge.create, .badge.error, .badge.warning, .badge.unsure { background: var(--tone-paper); color: var(--tone); }
.badge.danger { background: var(--remove); color: var(--paper); }

.box { margin: 1rem 0; padding: .8rem 1.1rem; border-left: 4px solid var(--calm); border-radius: 6px; background: var(--calm-paper); }
.box.danger { border-color: var(--remove); background: var(--remove-paper); }
.box h2 { margin: 0 0 .3rem; font-size: 1.05rem; }
.box.danger h2, .box.danger > b { color: var(--remove); }
.box ul { margin: 0; padding-left: 1.2rem; }
.box a { font-weight: 600; color: inherit; }

.problems { margin: 0; padding: 0; list-style: none; }
.problems li { margin: .5rem 0; padding: .7rem 1rem; border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 6px; }
.problems .place { margin-left: .4rem; color: var(--quiet); }
.problems .message { display: block; margin-top: .3rem; white-space: pre-wrap; }

.change { margin: .7rem 0; border: 1px solid var(--line); border-left: 4px solid var(--tone); border-radius: 6px; scroll-margin-top: 1rem; }
.change:target { outline: 2px solid var(--link); outline-offset: 2px; }
summary { display: flex; flex-wrap: wrap; align-items: baseline; gap: .3rem .6rem; padding: .65rem 1rem; cursor: pointer; list-style: none; }
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; color: var(--quiet); width: .8em; }
details[open] > summary::before { content: "▾"; }
summary:hover { background: var(--sheet); }
summary .name { margin: 0; font-size: 1rem; font-weight: 400; line-height: 1.4; }
summary .aside { margin-left: auto; color: var(--quiet); font-size: .85rem; }
.body { padding: .2rem 1rem 1rem; }
.unchanged { margin: 0; padding: 0 1rem .8rem 2.4rem; }

dl { margin: 0; }
.said { font-size: .9rem; }
.said div, .facts div { display: grid; grid-template-columns: 7.5rem minmax(0, 1fr); gap: .75rem; padding: .14rem 0; }
.facts { border-top: 1px solid var(--line); }
.facts div { padding: .45rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; }

.diff { margin: .7rem 0 0; padding: .45rem 0; border: 1px solid var(--line); border-radius: 6px; background: var(--sheet); line-height: 1.5; white-space: pre-wrap; word-break: break-all; }
.diff > * { display: inline-block; width: 100%; vertical-align: top; padding: 0 .8rem 0 2rem; text-indent: -1.2rem; text-decoration: none; font-style: normal; }
.diff del { background: var(--remove-paper); color: var(--remove); }
.diff ins { background: var(--add-paper); color: var(--add); }
.diff em { background: var(--change-paper); color: var(--change); }
.diff b { color: var(--calm); font-weight: 600; }
.diff * + b { margin-top: .5rem; }
.diff i { color: var(--quiet); }

@media (max-width: 36rem) {
  body { padding-top: 1.25rem; }
  h1 { font-size: 1.45rem; }
  .said div, .facts div { grid-template-columns: minmax(0, 1fr); gap: 0; }
  summary .aside { margin-left: 1.4rem; }
}
@media print {
  body { max-width: none; padding: 0; }
  .change { break-inside: avoid; }
}
`;
