import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EditError } from './edit-error.ts';

/**
 * Puts new bytes in a file's place in one step: a reader sees the old file or the new one, never a part. Refused
 * when the file no longer holds the bytes that the edit was made from. `path` must not be a link: it would be
 * replaced by a file.
 */
export async function replaceFile(path: string, expected: Uint8Array, next: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // Renaming needs no right to the file itself, but a read-only file is meant to stay as it is.
    await access(path, constants.W_OK);
    const { mode, uid, gid } = await stat(path);
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(next);
      // Only root can give files away; for everyone else the owner is right already or can't be kept.
      await handle.chown(uid, gid).catch(() => {});
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await readFile(path)).equals(expected)) {
      throw new EditError('changed-meanwhile', 'the file has been changed by someone else in the meantime');
    }
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    if (error instanceof EditError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EditError('unwritable', `the file cannot be replaced: ${reason}`, { cause: error });
  }
}

/** Makes the rename itself survive a power cut. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
