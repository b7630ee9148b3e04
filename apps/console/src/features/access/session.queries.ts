import { listApiKeys, listMembers, listSessions, whoAmI } from '@muster/contracts/access/access.routes';
import type { Permission } from '@muster/contracts/access/permissions';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../../api/call.js';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call(whoAmI, { signal }),
  staleTime: 5 * 60_000,
});

/** Who is signed in; null until known. */
export const usePrincipal = () => useQuery(sessionQuery).data ?? null;

/** Whether the signed-in person may do something; buttons they may not press stay visible and say why. */
export const useMay = (permission: Permission): boolean =>
  useQuery({ ...sessionQuery, select: (principal) => principal.permissions.includes(permission) }).data ?? false;

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: ({ signal }) => call(listApiKeys, { query: { pageSize: 200 }, signal }),
});
export const membersQuery = queryOptions({
  queryKey: ['members'],
  queryFn: ({ signal }) => call(listMembers, { query: { pageSize: 200 }, signal }),
});
export const sessionsQuery = queryOptions({
  queryKey: ['sessions'],
  queryFn: ({ signal }) => call(listSessions, { query: { pageSize: 200 }, signal }),
});
