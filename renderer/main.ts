import { mount } from 'svelte';
import Window from './App.svelte';
import { Backend } from './client/backend.ts';
import { openWire, takeToken } from './client/open-wire.ts';
import { clockTime } from './format/moment.ts';
import { parts } from './parts.ts';
import { App } from './state/app.svelte.ts';

/** What is shown first is there after some hundredths of a second. A window without it says what it can. */
const PATIENCE_MS = 150;

takeToken();
// A Nightjar that was started anew has a new token; an address that differs in its fragment alone loads nothing anew.
addEventListener('hashchange', () => takeToken() && location.reload());
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id app.');
const app = new App(new Backend(openWire, () => parts.contract.known));
app.start();
const { view } = app.route.current;
if (view !== 'queue') void parts[view].load();
void app.backend.start();
// The first moment in words takes 20 ms, and there is nothing to do until the host answers.
clockTime(Date.now(), 'UTC');
// Drawn once, with all that is in it, in place of once for each answer.
await Promise.race([app.whenRead(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
// In one task: the frame that was painted meanwhile makes way for the window without a gap.
target.replaceChildren();
mount(Window, { target, props: { app, parts } });
