import { mkdir, statfs } from 'node:fs/promises';

/** Bytes a device may still write below its state folder, or null where it cannot tell. */
export type FreeDisk = () => Promise<number | null>;

export const freeDiskOf =
  (folder: string): FreeDisk =>
  async () => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      // What is reserved for root is free, and not for us.
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch {
      return null;
    }
  };
