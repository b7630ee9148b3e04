import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer, json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { ArchiveError, Closing, closingName, fileRoom, Manifest, manifestName, tableRoom } from './archive-format.js';

/** What becomes of the parts of an archive, in the order in which they stand in it. */
export interface ArchiveSink {
  manifest(manifest: Manifest): Promise<void>;
  rows(table: string, piece: Buffer): Promise<void>;
  /** After the last part; here the sink compares what it stored with what was archived. */
  closing(closing: Closing): Promise<void>;
}

/** Unpacks files below `folder` as they come and hands the rest to `sink`. @throws ArchiveError when it is not one or is cut short */
export async function readArchive(file: string, folder: string | null, sink: ArchiveSink): Promise<void> {
  const tar = extract();
  const fed = pipeline(createReadStream(file), createGunzip(), tar);
  fed.catch((error: Error) => tar.destroy(error));
  let seen = 0;
  let files = 0;
  let closed = false;
  try {
    for await (const entry of tar) {
      const { name, mode } = entry.header;
      seen += 1;
      if (seen === 1 && name !== manifestName) throw new ArchiveError(`${file} is not a backup of Muster`);
      if (name === manifestName) await sink.manifest(Manifest.parse(await json(entry as unknown as Readable)));
      else if (name.startsWith(tableRoom))
        await sink.rows(name.split('/')[1]!, await buffer(entry as unknown as Readable));
      else if (name.startsWith(fileRoom)) {
        files += 1;
        await unpack(entry as unknown as Readable, folder, name.slice(fileRoom.length), mode);
      } else if (name === closingName) {
        const closing = Closing.parse(await json(entry as unknown as Readable));
        if (closing.files !== files) throw new ArchiveError(`${file} holds ${files} of ${closing.files} files`);
        closed = true;
        await sink.closing(closing);
      } else entry.resume();
    }
    await fed;
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (!closed) throw new ArchiveError(`${file} is cut short: its last entry is missing`);
}

async function unpack(entry: Readable, folder: string | null, name: string, mode: number | undefined): Promise<void> {
  if (folder === null) {
    entry.resume();
    return;
  }
  const path = resolve(folder, name);
  // An archive from elsewhere must not write outside the folder.
  if (!path.startsWith(`${resolve(folder)}${sep}`)) throw new ArchiveError(`refusing to write ${join(folder, name)}`);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await pipeline(entry, createWriteStream(path, { mode: mode ?? 0o600 }));
}
