import { z } from 'zod';

/** Keyset paging: `pageToken` is opaque and comes from the previous page's `nextPageToken`. */
export const PageQuery = z.object({
  pageSize: z.coerce.number().int().min(1).max(1000).default(50),
  pageToken: z.string().max(2000).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextPageToken: z.string().nullable(), totalSize: z.number().int().nullable() });
export type Page<T> = { items: T[]; nextPageToken: string | null; totalSize: number | null };
