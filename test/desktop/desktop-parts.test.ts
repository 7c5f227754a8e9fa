import { expect, test } from 'vitest';
import { autostartFile, desktopEntry } from '../../electron/desktop/autostart-entry.ts';
import { isNewer } from '../../electron/desktop/versions.ts';
import { fitBounds } from '../../electron/desktop/window-bounds.ts';

const SCREEN = { x: 0, y: 24, width: 1440, height: 876 };
const SECOND = { x: 1440, y: 0, width: 1920, height: 1080 };
const BOUNDS = { x: 100, y: 100, width: 1200, height: 700, isMaximized: false };

test('the window opens where it was', () => {
  expect(fitBounds(BOUNDS, [SCREEN])).toEqual(BOUNDS);
  const onSecond = { ...BOUNDS, x: 2000, isMaximized: true };
  expect(fitBounds(onSecond, [SCREEN, SECOND])).toEqual(onSecond);
});

test('a window whose screen is gone, or that nobody could reach, opens on one that is there', () => {
  for (const place of [{ x: 2000 }, { x: -1190 }, { y: -10 }, { y: 890 }]) {
    const fitted = fitBounds({ ...BOUNDS, ...place }, [SCREEN]);
    expect(fitted).toEqual({ width: 1200, height: 700, isMaximized: false });
  }
});

test('a size is cut to the largest screen, and nonsense is the size to begin with', () => {
  expect(fitBounds({ ...BOUNDS, width: 9_000, height: 10 }, [SCREEN])).toMatchObject({ width: 1440, height: 480 });
  for (const saved of [undefined, null, 'x', { x: 1 }, { ...BOUNDS, width: 'wide' }]) {
    expect(fitBounds(saved, [SECOND])).toEqual({ width: 1280, height: 800, isMaximized: false });
  }
});

test.each([
  ['1.0.1', '1.0.0', true],
  ['1.10.0', '1.9.9', true],
  ['1.0.0', '1.0.0', false],
  ['1.0.0', '1.0.1', false],
  ['1.0.0', '1.0.0-beta.2', true],
  ['1.0.0-beta.10', '1.0.0-beta.9', true],
  ['1.0.0-beta.1', '1.0.0', false],
  ['1.0.0+build', '1.0.0', false],
  ['', '0.0.1', false],
])('whether %s is newer than %s: %s', (version, than, expected) => {
  expect(isNewer(version, than)).toBe(expected);
});

test('the autostart entry runs the program whatever its path has in it', () => {
  const entry = desktopEntry(['/home/a b/100% "Night$jar`\\', '--hidden']);
  expect(entry).toContain(String.raw`Exec="/home/a b/100%% \\"Night\\$jar\\` + '`' + String.raw`\\\\" "--hidden"`);
  expect(autostartFile({}, '/home/a')).toBe('/home/a/.config/autostart/nightjar.desktop');
  expect(autostartFile({ XDG_CONFIG_HOME: '/etc/x' }, '/home/a')).toBe('/etc/x/autostart/nightjar.desktop');
  expect(autostartFile({ XDG_CONFIG_HOME: 'relative' }, '/home/a')).toBe('/home/a/.config/autostart/nightjar.desktop');
});
