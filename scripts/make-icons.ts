import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { writeIcns, writeIco, type SquarePng } from './icon-files.ts';
import { provideChromium } from './test/machine.ts';

/**
 * Draws the icons of the tray and of the application from resources/icons/svg with Chromium. What it writes is committed, so that
 * nobody needs a browser to build; run it after a drawing has changed: `node scripts/make-icons.ts`.
 */
const icons = path.join(import.meta.dirname, '..', 'resources', 'icons');
const TRAY_STATES = ['idle', 'running', 'failed', 'paused', 'engine-down'];
/** Points; 22 has a drawing of its own, whose edges fall on its pixels. */
const TRAY_SIZES = [16, 22, 32];
/** Black on light panels and for macOS, which colours a template itself; white on dark ones. */
const INKS = [
  ['', '#000'],
  ['-white', '#fff'],
] as const;
const APP_SIZES = [16, 24, 32, 48, 64, 128, 256, 512, 1024];
const ICO_SIZES = new Set([16, 24, 32, 48, 64, 128, 256]);

const browser = await chromium.launch({ executablePath: provideChromium(), args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  for (const folder of ['tray', 'app']) mkdirSync(path.join(icons, folder), { recursive: true });
  for (const state of TRAY_STATES) {
    for (const size of TRAY_SIZES) {
      const drawing = svg(size === 22 ? `tray-${state}-22` : `tray-${state}`);
      for (const [suffix, ink] of INKS) {
        const inked = drawing.replace('color="#000"', `color="${ink}"`);
        const name = path.join(icons, 'tray', `${state}${suffix}-${size}`);
        writeFileSync(`${name}.png`, await draw(page, inked, size));
        writeFileSync(`${name}@2x.png`, await draw(page, inked, size * 2));
      }
    }
  }
  const pictures: SquarePng[] = [];
  for (const size of APP_SIZES) pictures.push({ size, png: await draw(page, svg('icon'), size) });
  // Linux wants one a size, named so.
  for (const { size, png } of pictures) writeFileSync(path.join(icons, 'app', `${size}x${size}.png`), png);
  writeFileSync(path.join(icons, 'icon.ico'), writeIco(pictures.filter(({ size }) => ICO_SIZES.has(size))));
  writeFileSync(path.join(icons, 'icon.icns'), writeIcns(pictures));
} finally {
  await browser.close();
}

function svg(name: string): string {
  return readFileSync(path.join(icons, 'svg', `${name}.svg`), 'utf8');
}

async function draw(page: Page, drawing: string, pixels: number): Promise<Buffer> {
  const source = `data:image/svg+xml;base64,${Buffer.from(drawing).toString('base64')}`;
  await page.setViewportSize({ width: pixels, height: pixels });
  await page.setContent(
    `<style>body{margin:0}img{display:block;width:${pixels}px;height:${pixels}px}</style><img src="${source}">`,
  );
  await page.locator('img').evaluate('(image) => image.decode()');
  return page.screenshot({ omitBackground: true, clip: { x: 0, y: 0, width: pixels, height: pixels } });
}
