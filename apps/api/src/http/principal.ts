import type { Permission, Role } from '@muster/contracts/access/permissions';
import type { Actor } from '@muster/persistence/audit/audit.store';

/** Who is calling, in which tenant, and what they may do. A person signed in, or an API key. */
export interface Principal {
  readonly kind: 'user' | 'api_key';
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  /** What a person is in this tenant; null for API keys, which have permissions of their own. */
  readonly role: Role | null;
  readonly permissions: ReadonlySet<Permission>;
  /** The session that carries a person; null for API keys. */
  readonly sessionId: string | null;
}

export interface Credentials {
  readonly sessionToken?: string;
  readonly apiKey?: string;
}

/**
 * Resolves credentials to a principal; null when unknown, expired or revoked.
 * The access slice provides it, so that http knows no store.
 */
export abstract class PrincipalSource {
  abstract resolve(credentials: Credentials): Promise<Principal | null>;
}

/** The principal as the audit log and `created_by` columns name it. */
export const actorOf = (principal: Principal): Actor => ({
  type: principal.kind,
  id: principal.id,
  name: principal.name,
});
