import type { App } from './app.svelte.ts';

export type Theme = 'system' | 'light' | 'dark';
/** Keys of the settings store that the window knows. */
export type SettingKey =
  'startAtLogin' | 'desktopEndpoint' | 'paletteShortcut' | 'maxParallelRuns' | 'maxParallelTasks';

const THEME_KEY = 'nightjar.theme';

/** What a person may choose. The theme is this window's own, since it must be known before the first paint. */
export class Settings {
  values: Record<string, unknown> = $state.raw({});
  theme: Theme = $state((localStorage.getItem(THEME_KEY) as Theme | null) ?? 'system');
  #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  startsAtLogin = $derived.by(() => this.values['startAtLogin'] === true);
  /** On unless it was switched off: without it no command line speaks to the desktop. */
  hasEndpoint = $derived.by(() => this.values['desktopEndpoint'] !== false);
  paletteShortcut = $derived.by(() => {
    const shortcut = this.values['paletteShortcut'];
    return typeof shortcut === 'string' ? shortcut : '';
  });

  read(): Promise<void> {
    return this.#app.commands.report(async () => {
      this.values = await this.#app.backend.call('settings.get', {});
    });
  }

  async set(key: SettingKey, value: unknown): Promise<void> {
    await this.#app.commands.attempt('settings.set', { key, value });
    await this.read();
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    if (theme === 'system') localStorage.removeItem(THEME_KEY);
    else localStorage.setItem(THEME_KEY, theme);
    if (theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme;
  }
}
