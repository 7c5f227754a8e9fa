import { mount } from 'svelte';
import { z } from 'zod';
import App from './App.svelte';
import { Backend } from './client/backend.ts';
import { openWire, takeToken } from './client/open-wire.ts';

// zod compiles its checks with `new Function`, which the page's policy forbids; without this it tries and is reported.
z.config({ jitless: true });

takeToken();
// A Nightjar that was started anew has a new token; an address that differs in its fragment alone loads nothing anew.
addEventListener('hashchange', () => takeToken() && location.reload());
const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element with the id app.');
// Opened while the window is made: what is asked for then is asked at once.
const backend = new Backend(openWire);
void backend.start();
// In one task: the frame that was painted meanwhile makes way for the window without a gap.
target.replaceChildren();
mount(App, { target, props: { backend } });
