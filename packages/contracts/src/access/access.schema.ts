import { z } from 'zod';
import { Id, Name, TenantId } from '../ids.js';
import { Instant } from '../instant.js';
import { pageOf } from '../page.js';
import { permissions, roles } from './permissions.js';

export const principalKinds = ['user', 'api_key', 'system'] as const;
/** Who acts: a person in a tenant with a role, or an API key with its own permissions. */
export const Principal = z
  .object({
    kind: z.enum(principalKinds),
    id: z.string(),
    name: z.string(),
    email: z.string().nullable(),
    tenant: TenantId,
    tenantName: z.string(),
    role: z.enum(roles).nullable(),
    permissions: z.array(z.enum(permissions)),
  })
  .meta({ id: 'Principal' });
export type Principal = z.infer<typeof Principal>;

export const Session = z
  .object({ id: Id, createdAt: Instant, lastSeenAt: Instant, expiresAt: Instant, current: z.boolean() })
  .meta({ id: 'Session' });

export const ApiKey = z
  .object({
    id: Id,
    name: z.string(),
    prefix: z.string(),
    permissions: z.array(z.enum(permissions)),
    createdBy: z.string(),
    createdAt: Instant,
    expiresAt: Instant,
    lastUsedAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
  })
  .meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof ApiKey>;
export const NewApiKey = z
  .strictObject({
    name: Name,
    permissions: z.array(z.enum(permissions)).min(1),
    expiresInDays: z.number().int().min(1).max(365).default(90),
  })
  .meta({ id: 'NewApiKey' });
export const CreatedApiKey = ApiKey.extend({ secret: z.string() }).meta({ id: 'CreatedApiKey' });

export const Member = z
  .object({ userId: Id, email: z.string(), name: z.string(), role: z.enum(roles), createdAt: Instant })
  .meta({ id: 'Member' });
export const NewMember = z
  .strictObject({ email: z.email().max(254), name: Name, role: z.enum(roles) })
  .meta({ id: 'NewMember' });
/** `separateSigner`: who drafted a release may not sign it, and who signed it may not launch a campaign with it. */
export const Governance = z.strictObject({ separateSigner: z.boolean() }).meta({ id: 'Governance' });
export type Governance = z.infer<typeof Governance>;
export const ApiKeyPage = pageOf(ApiKey);
export const MemberPage = pageOf(Member);
export const SessionPage = pageOf(Session);
