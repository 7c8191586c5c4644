// The overlay: a strip on any page that loads analytics.js from Sluice, showing each call as it is
// made and what became of it. Shown by `?sluice_overlay` in the page's address (`?sluice_overlay=0`
// hides it again) and remembered for the tab. It sends nothing; it asks the server for the receipts
// of the calls that it saw, which a source answers only with its setting `overlayReceipts`.
(function overlay() {
  'use strict';
  const overlay = window.sluiceOverlay;
  if (!overlay || overlay.toggle) return;

  const CALLS_MAX = 50;
  const LOOKS_MS = [250, 400, 700, 1200, 2500, 5000, 10000];
  const FINAL = new Set(['refused', 'duplicate']);
  const calls = new Map();
  let root = null;

  const STYLE = `
    :host { all: initial; position: fixed; inset: auto 16px 16px auto; z-index: 2147483000; font: 13px/1.4 system-ui, sans-serif; color-scheme: light dark;
      --bg: #fff; --ink: #1d2127; --soft: #667080; --line: #dfe3e8; --good: #1a7f4b; --wait: #a86400; --bad: #c0352b; }
    @media (prefers-color-scheme: dark) { :host { --bg: #1a1d21; --ink: #e8eaed; --soft: #98a1ad; --line: #32373e; --good: #57c98c; --wait: #e0a63f; --bad: #f0807a; } }
    section { width: min(400px, calc(100vw - 32px)); background: var(--bg); color: var(--ink); border: 1px solid var(--line); border-radius: 8px;
      box-shadow: 0 8px 32px rgb(0 0 0 / .18); overflow: hidden; }
    header { display: flex; align-items: center; gap: 8px; padding: 8px 8px 8px 12px; border-bottom: 1px solid var(--line); font-weight: 600; }
    header span { flex: 1; } button { font: inherit; color: var(--soft); background: none; border: 0; border-radius: 4px; padding: 2px 8px; cursor: pointer; }
    button:hover, button:focus-visible { color: var(--ink); outline: 1px solid var(--line); }
    ol { list-style: none; margin: 0; padding: 0; max-height: min(38vh, 300px); overflow-y: auto; }
    li { display: grid; grid-template-columns: 64px 1fr auto; gap: 2px 8px; padding: 7px 12px; border-bottom: 1px solid var(--line); align-items: baseline; }
    li:last-child { border: 0; } code { font: 11px ui-monospace, monospace; color: var(--soft); }
    b { font-weight: 500; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    i { font-style: normal; font-variant-numeric: tabular-nums; white-space: nowrap; } small { grid-column: 2 / 4; color: var(--soft); font-size: 12px; }
    .good { color: var(--good); } .wait { color: var(--wait); } .bad { color: var(--bad); } p { margin: 0; padding: 12px; color: var(--soft); }`;

  const toneOf = (state) => ({ accepted: 'good', refused: 'bad', failed: 'bad', unknown: 'soft' })[state] ?? 'wait';
  const titleOf = (event) => event.event ?? event.name ?? (event.type === 'group' ? event.groupId : event.userId) ?? '';

  function element(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  function row(call) {
    const item = element('li');
    item.append(element('code', call.type), element('b', call.title), element('i', call.words, toneOf(call.state)));
    for (const note of call.notes) item.append(element('small', note));
    return item;
  }

  function draw() {
    if (!root) return;
    const list = root.querySelector('ol');
    list.replaceChildren(...[...calls.values()].reverse().map(row));
    root.querySelector('p').hidden = calls.size > 0;
    root.querySelector('header span').textContent = calls.size ? `${calls.size} ${calls.size === 1 ? 'call' : 'calls'}` : 'Calls of this page';
  }

  function mount() {
    const host = element('div');
    root = host.attachShadow({ mode: 'open' });
    const section = element('section');
    section.setAttribute('aria-label', 'Calls of analytics.js on this page');
    const header = element('header');
    const clear = element('button', 'Clear');
    const hide = element('button', 'Hide');
    clear.addEventListener('click', () => { calls.clear(); draw(); });
    hide.addEventListener('click', () => overlay.toggle());
    header.append(element('span'), clear, hide);
    section.append(header, element('ol'), element('p', 'Nothing yet. Each track, page, identify and group call appears here.'));
    root.append(element('style', STYLE), section);
    (document.body ?? document.documentElement).append(host);
    draw();
  }

  function unmount() {
    root?.host.remove();
    root = null;
  }

  /** Puts what the server says into words; true when nothing more can change. */
  function apply(call, receipt) {
    call.state = receipt.state;
    const after = `${Math.round(performance.now() - call.at)} ms`;
    const sent = receipt.deliveries ?? [];
    call.notes = [receipt.explanation, ...sent.map((d) => `${d.destination}: ${d.state}`)].filter(Boolean);
    call.words = { accepted: `accepted in ${call.acceptedIn ??= after}`, waiting: 'received', refused: 'refused', duplicate: 'duplicate' }[receipt.state] ?? receipt.state;
    return FINAL.has(receipt.state) || (receipt.state === 'accepted' && sent.every((d) => d.state !== 'waiting'));
  }

  async function follow(call, look = 0) {
    await new Promise((later) => { setTimeout(later, LOOKS_MS[look]); });
    let settled = false;
    try {
      const answer = await fetch(`${overlay.cdn}/v1/receipts/${encodeURIComponent(call.id)}`, { headers: { authorization: `Basic ${btoa(`${overlay.key}:`)}` } });
      if (answer.ok) settled = apply(call, (await answer.json()).receipt);
      else if (answer.status === 403) { settled = true; Object.assign(call, { state: 'unknown', words: 'sent', notes: ['This source does not show receipts: switch on overlayReceipts in its settings.'] }); }
      else if (look + 1 === LOOKS_MS.length) Object.assign(call, { state: 'failed', words: 'not found', notes: ['The server has no trace of it. Offline calls are sent later.'] });
    } catch {
      Object.assign(call, { state: 'failed', words: 'no answer', notes: ['The server cannot be reached; analytics.js tries again by itself.'] });
    }
    draw();
    if (!settled && look + 1 < LOOKS_MS.length) await follow(call, look + 1);
  }

  function note(event) {
    const call = { id: event.messageId, type: event.type, title: titleOf(event), state: 'sent', words: 'sending', notes: [], at: performance.now() };
    calls.set(call.id, call);
    if (calls.size > CALLS_MAX) calls.delete(calls.keys().next().value);
    draw();
    void follow(call);
  }

  overlay.toggle = () => {
    const showing = root === null;
    sessionStorage.setItem('sluice_overlay', showing ? '1' : '0');
    if (showing) mount(); else unmount();
  };
  overlay.note = note;
  overlay.seen.splice(0).forEach(note);
  if (document.body) mount(); else addEventListener('DOMContentLoaded', mount, { once: true });
}());
