import { z } from 'zod';

/** First entry of an archive: what it is and what it fits. */
export const Manifest = z.object({
  format: z.literal(1),
  createdAt: z.string(),
  migrations: z.array(z.string()),
  oldestDay: z.string().nullable(),
  tables: z.array(z.object({ name: z.string(), columns: z.array(z.string()) })),
});
export type Manifest = z.infer<typeof Manifest>;

/** Last entry of an archive. Without it the archive is cut short. */
export const Closing = z.object({
  rows: z.record(z.string(), z.number()),
  sequences: z.record(z.string(), z.string()),
  files: z.number(),
});
export type Closing = z.infer<typeof Closing>;

export const manifestName = 'manifest.json';
export const closingName = 'closing.json';
/** `database/<table>/<piece>`: the pieces of a table's COPY text, to be joined. */
export const tableRoom = 'database/';
/** `files/<path in the data folder>`. */
export const fileRoom = 'files/';

/** An archive that cannot be used, and why. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}
