import { open } from 'node:fs/promises';

/** What was made or renamed in a folder is on disk once its folder is. Windows cannot open one, and needs not. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
