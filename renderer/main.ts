import { mount } from 'svelte';
import { z } from 'zod';
import Window from './App.svelte';
import { Backend } from './client/backend.ts';
import { openWire, takeToken } from './client/open-wire.ts';
import { App } from './state/app.svelte.ts';

// zod compiles its checks with `new Function`, which the page's policy forbids; without this it tries and is reported.
z.config({ jitless: true });

/** A connection on this machine takes some milliseconds. A window without one says so. */
const PATIENCE_MS = 100;

takeToken();
// A Nightjar that was started anew has a new token; an address that differs in its fragment alone loads nothing anew.
addEventListener('hashchange', () => takeToken() && location.reload());
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id app.');
const app = new App(new Backend(openWire));
app.start();
// What the window shows first is asked for before it is made, so that host and window work at the same time.
await Promise.race([app.backend.start(), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
// In one task: the frame that was painted meanwhile makes way for the window without a gap.
target.replaceChildren();
mount(Window, { target, props: { app } });
