import type { ApiKeyRow } from '@muster/persistence/access/api-key.store';
import type { MemberRow } from '@muster/persistence/access/member.store';
import type { SessionRow } from '@muster/persistence/access/session.store';

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

export const toSession = (row: SessionRow, currentId: string | null) => ({
  id: row.id,
  createdAt: row.createdAt.toISOString(),
  lastSeenAt: (row.lastSeenAt ?? row.createdAt).toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  current: row.id === currentId,
});

export const toApiKey = (row: ApiKeyRow) => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  permissions: row.permissions,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: text(row.lastUsedAt),
  revokedAt: text(row.revokedAt),
});

export const toMember = (row: MemberRow) => ({
  userId: row.userId,
  email: row.email,
  name: row.name,
  role: row.role,
  createdAt: row.createdAt.toISOString(),
});
