import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open } from 'node:fs/promises';
import { dirname, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { syncFolder } from '../ports/disk-files.js';

const GZIP = Buffer.from([0x1f, 0x8b]);
/** Unpacked size at most; a few hundred kilobytes of gzip can hold gigabytes. */
const MAX_BYTES = 1 << 30;
const MAX_ENTRIES = 20_000;

export class ArchiveRefused extends Error {}

/** Puts an artifact into a folder: a gzip archive is unpacked, anything else is kept as one file under its own name. */
export async function unpack(artifact: string, name: string, folder: string): Promise<void> {
  if (await isGzip(artifact)) await unpackArchive(artifact, folder);
  else await copyFile(artifact, join(folder, safeName(name)));
  await syncFolder(folder);
}

async function isGzip(path: string): Promise<boolean> {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.equals(GZIP);
  } finally {
    await handle.close();
  }
}

async function unpackArchive(artifact: string, folder: string): Promise<void> {
  const archive = extract();
  let bytes = 0;
  let entries = 0;
  const reading = pipeline(createReadStream(artifact), createGunzip(), archive);
  const writing = (async () => {
    for await (const entry of archive) {
      if (++entries > MAX_ENTRIES) throw new ArchiveRefused(`more than ${MAX_ENTRIES} entries`);
      const target = targetOf(entry.header, folder);
      if (entry.header.type === 'directory') {
        await mkdir(target, { recursive: true, mode: 0o700 });
        entry.resume();
        continue;
      }
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      // Only whether it may be executed is taken from the archive: never setuid, never another owner.
      const handle = await open(target, 'w', (entry.header.mode ?? 0) & 0o100 ? 0o700 : 0o600);
      try {
        for await (const chunk of entry as AsyncIterable<Buffer>) {
          bytes += chunk.length;
          if (bytes > MAX_BYTES) throw new ArchiveRefused(`more than ${MAX_BYTES} bytes unpacked`);
          await handle.writeFile(chunk);
        }
        await handle.datasync();
      } finally {
        await handle.close();
      }
    }
  })();
  // A refusal while writing destroys the archive stream, which ends the reading too; waiting for both keeps either error
  // from going unheard.
  const guarded = writing.catch((error: Error) => {
    archive.destroy(error);
    throw error;
  });
  const [read, written] = await Promise.allSettled([reading, guarded]);
  if (written.status === 'rejected') throw written.reason;
  if (read.status === 'rejected') throw read.reason;
}

function targetOf(header: Header, folder: string): string {
  if (header.type !== 'file' && header.type !== 'directory')
    throw new ArchiveRefused(`${header.name} is a ${header.type}`);
  const target = normalize(join(folder, header.name));
  if (header.name.includes('\0') || (target !== folder && !target.startsWith(folder + sep)))
    throw new ArchiveRefused(`${JSON.stringify(header.name)} leaves the slot`);
  return target;
}

const safeName = (name: string): string => (/^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/.test(name) ? name : 'payload');
