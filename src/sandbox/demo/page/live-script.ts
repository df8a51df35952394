/**
 * Replaces the parts of the page that changed. What a reader unfolded, and where the focus is, stays. It is kept so small that it needs no
 * build; without it the page is as complete, until it is reloaded.
 */
export const liveScript = `
const main = document.getElementById('main');
const connection = document.getElementById('connection');
const announcement = document.getElementById('announcement');
const shown = new Map();
const partsOf = (root) => [...root.querySelectorAll('[data-part]')];
const keyOf = (details) => details.dataset.key ?? details.querySelector('summary')?.textContent ?? '';
const remember = () => { shown.clear(); for (const part of partsOf(main)) shown.set(part.dataset.part, part.outerHTML); };
remember();

function replacePart(part, html) {
  const old = main.querySelector('[data-part="' + part.dataset.part + '"]');
  const unfolded = new Map([...old.querySelectorAll('details')].map((details) => [keyOf(details), details.open]));
  const focused = old.contains(document.activeElement) ? document.activeElement.closest('details') : null;
  const focusedKey = focused && document.activeElement.tagName === 'SUMMARY' ? keyOf(focused) : undefined;
  const fresh = document.importNode(part, true);
  for (const details of fresh.querySelectorAll('details')) details.open = unfolded.get(keyOf(details)) ?? details.open;
  old.replaceWith(fresh);
  shown.set(part.dataset.part, html);
  if (focusedKey === undefined) return;
  const again = [...fresh.querySelectorAll('details')].find((details) => keyOf(details) === focusedKey);
  again?.querySelector('summary')?.focus({ preventScroll: true });
}

function show(content) {
  const fresh = new DOMParser().parseFromString(content.parts, 'text/html');
  const parts = partsOf(fresh);
  if (parts.some((part) => !shown.has(part.dataset.part))) {
    main.replaceChildren(...[...fresh.body.childNodes].map((node) => document.importNode(node, true)));
    remember();
  } else {
    for (const part of parts) {
      const html = part.outerHTML;
      if (shown.get(part.dataset.part) !== html) replacePart(part, html);
    }
  }
  document.title = content.title;
  if (announcement.textContent !== content.announcement) announcement.textContent = content.announcement;
}

function connected(state, words) {
  connection.dataset.state = state;
  connection.textContent = words;
}

connected('connecting', 'Connecting');
const events = new EventSource('/events');
events.addEventListener('open', () => connected('live', 'Live'));
events.addEventListener('content', (event) => show(JSON.parse(event.data)));
events.addEventListener('error', () => connected('ended', 'The demo has ended; this is its last state'));
`;
