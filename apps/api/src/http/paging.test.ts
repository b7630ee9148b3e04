import { expect, test } from 'vitest';
import { type ListingCall, Paging } from './paging.js';

const paging = new Paging(Buffer.alloc(32, 1));
const names = ['a', 'b', 'c', 'd', 'e'];

const call = (query: Partial<ListingCall['query']> & { color?: string }, tenantId = 'acme'): ListingCall => ({
  route: { path: '/widgets' },
  principal: { tenantId } as ListingCall['principal'],
  query: { pageSize: 2, ...query },
});
const list = (asked: ListingCall) => {
  const after = String(paging.after(asked)?.[0] ?? '');
  const rows = names.filter((name) => name > after).slice(0, asked.query.pageSize + 1);
  return paging.page(
    asked,
    rows,
    (name) => [name],
    (name) => name,
  );
};

test('walks every row once, also when the page size changes on the way', () => {
  const first = list(call({}));
  const second = list(call({ pageToken: first.nextPageToken!, pageSize: 1 }));
  const third = list(call({ pageToken: second.nextPageToken! }));
  expect([...first.items, ...second.items, ...third.items]).toEqual(names);
  expect(third.nextPageToken).toBeNull();
});

test('a token serves only its own listing, filter and tenant, and cannot be forged', () => {
  const token = list(call({})).nextPageToken!;
  const forged = `${Buffer.from('["d"]').toString('base64url')}.${token.split('.')[1]}`;
  const misused = [
    call({ pageToken: token, color: 'red' }),
    call({ pageToken: token }, 'globex'),
    { ...call({ pageToken: token }), route: { path: '/gadgets' } },
    call({ pageToken: forged }),
    call({ pageToken: 'nonsense' }),
  ];
  for (const asked of misused)
    expect(() => list(asked)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
});
