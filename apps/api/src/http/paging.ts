import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Page } from '@muster/contracts/page';
import type { Principal } from './principal.js';
import { Refusal } from './refusal.js';

/** What a listing call has; `Call<T>` of any route with a page query fits. */
export interface ListingCall {
  readonly route: { readonly path: string };
  readonly principal: Principal;
  readonly params?: unknown;
  readonly query: { readonly pageSize: number; readonly pageToken?: string | undefined };
}
export type Keyset = readonly (string | number | null)[];

/**
 * Keyset paging. A token holds the sort key of the last row shown, signed and bound to tenant, route and filter, so
 * that it can neither be forged nor used with another filter. The caller reads `pageSize + 1` rows after `after(call)`
 * and gives them to `page`.
 *
 *     const rows = await deviceStore.list(tx, filter, this.paging.after(call), call.query.pageSize + 1);
 *     return this.paging.page(call, rows, (row) => [row.name, row.id], toResource);
 */
export class Paging {
  constructor(private readonly secret: Buffer) {}

  /** The key to continue after; null on the first page. */
  after(call: ListingCall): Keyset | null {
    const token = call.query.pageToken;
    if (token === undefined) return null;
    const [key = '', mac = ''] = token.split('.', 2);
    const expected = this.sign(key, call);
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Refusal('validation_failed', undefined, undefined, [
        { pointer: '/query/pageToken', message: 'is not a token of this listing with this filter' },
      ]);
    }
    return JSON.parse(Buffer.from(key, 'base64url').toString()) as Keyset;
  }

  page<Row, Item>(
    call: ListingCall,
    rows: readonly Row[],
    keyOf: (row: Row) => Keyset,
    toItem: (row: Row) => Item,
    totalSize: number | null = null,
  ): Page<Item> {
    const shown = rows.slice(0, call.query.pageSize);
    const last = rows.length > shown.length ? shown.at(-1) : undefined;
    return {
      items: shown.map(toItem),
      nextPageToken: last === undefined ? null : this.seal(keyOf(last), call),
      totalSize,
    };
  }

  private seal(keyset: Keyset, call: ListingCall): string {
    const key = Buffer.from(JSON.stringify(keyset)).toString('base64url');
    return `${key}.${this.sign(key, call).toString('base64url')}`;
  }

  private sign(key: string, call: ListingCall): Buffer {
    const { pageSize: _, pageToken: __, ...filter } = call.query;
    const sorted = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1));
    const scope = JSON.stringify([call.principal.tenantId, call.route.path, call.params ?? null, sorted]);
    const filterHash = createHash('sha256').update(scope).digest();
    return createHmac('sha256', this.secret).update(key).update(filterHash).digest().subarray(0, 16);
  }
}
