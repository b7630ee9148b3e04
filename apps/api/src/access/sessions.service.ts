import type * as routes from '@muster/contracts/access/access.routes';
import { permissionsOf } from '@muster/domain/access/role-permissions';
import { memberStore } from '@muster/persistence/access/member.store';
import { SESSION_LIFE_S, sessionStore } from '@muster/persistence/access/session.store';
import { signInLinkStore } from '@muster/persistence/access/sign-in-link.store';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database, type Tx } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { SESSION_COOKIE } from '../http/door.guard.js';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf, type Principal } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toSession } from './access.resource.js';

/** Signing in by a one-time link, and the sessions that follow. */
@Injectable()
export class SessionsService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  async signIn(call: Call<typeof routes.signInByLink>) {
    const now = this.clock.now();
    const { token, principal } = await this.database.system(async (tx) => {
      const who = await signInLinkStore.spend(tx, call.body.token, now);
      const member = who && (await memberStore.find(tx, who.tenantId, who.userId));
      if (!who || !member) throw new Refusal('sign_in_link_invalid');
      const session = await sessionStore.open(tx, who, now);
      const permissions = new Set(permissionsOf(member.role));
      const { userId: id, name, role } = member;
      const principal: Principal = {
        kind: 'user',
        id,
        tenantId: who.tenantId,
        name,
        role,
        permissions,
        sessionId: session.id,
      };
      const record = { actor: actorOf(principal), action: 'session.opened', resource: `session:${session.id}` };
      await audit.append(tx, { ...record, requestId: call.requestId }, who.tenantId);
      return { token: session.token, principal };
    });
    // Strict: no other site can make this browser act, and nothing but this site reads it (RFC 6265bis 5.6.7).
    call.reply.setCookie(SESSION_COOKIE, token, {
      path: '/',
      httpOnly: true,
      sameSite: 'strict',
      secure: 'auto',
      maxAge: SESSION_LIFE_S,
    });
    return this.describe(principal);
  }

  /** The principal with the names people read. */
  describe(principal: Principal) {
    return this.database.tenant(principal.tenantId, async (tx) => {
      const { email, tenantName } = await namesOf(tx, principal);
      const { kind, id, name, role, tenantId: tenant } = principal;
      return { kind, id, name, email, tenant, tenantName, role, permissions: [...principal.permissions] };
    });
  }

  async signOut(call: Call<typeof routes.signOut>) {
    const { sessionId } = call.principal;
    if (sessionId === null) throw new Refusal('conflict', 'An API key has no session to end.');
    await this.end(call, sessionId);
    call.reply.clearCookie(SESSION_COOKIE, { path: '/' });
  }

  list(call: Call<typeof routes.listSessions>) {
    const { id, tenantId, sessionId } = call.principal;
    const [before = null] = this.paging.after(call) ?? [];
    return this.database.tenant(tenantId, async (tx) => {
      const now = this.clock.now();
      const rows = await sessionStore.list(tx, id, now, before as string | null, call.query.pageSize + 1);
      return this.paging.page(
        call,
        rows,
        (row) => [row.id],
        (row) => toSession(row, sessionId),
      );
    });
  }

  async end(call: { principal: Principal; requestId: string }, sessionId: string) {
    const { principal, requestId } = call;
    await this.database.tenant(principal.tenantId, async (tx) => {
      if (!(await sessionStore.end(tx, principal.id, sessionId))) throw Refusal.notFound('session', sessionId);
      const record = { actor: actorOf(principal), action: 'session.ended', resource: `session:${sessionId}` };
      await audit.append(tx, { ...record, requestId });
    });
  }
}

const namesOf = async (tx: Tx, { kind, id, tenantId }: Principal) => {
  const tenantName = (await memberStore.tenantName(tx, tenantId)) ?? tenantId;
  const member = kind === 'user' ? await memberStore.find(tx, tenantId, id) : null;
  return { tenantName, email: member?.email ?? null };
};
