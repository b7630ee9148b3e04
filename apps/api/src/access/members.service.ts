import type * as routes from '@muster/contracts/access/access.routes';
import { mayGrant } from '@muster/domain/access/role-permissions';
import { memberStore } from '@muster/persistence/access/member.store';
import { signInLinkStore } from '@muster/persistence/access/sign-in-link.store';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import type { Call } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { actorOf } from '../http/principal.js';
import { Refusal } from '../http/refusal.js';
import { toMember } from './access.resource.js';

/** The people of a tenant. */
@Injectable()
export class MembersService {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(call: Call<typeof routes.listMembers>) {
    const [after = null] = this.paging.after(call) ?? [];
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await memberStore.list(tx, after as string | null, call.query.pageSize + 1);
      return this.paging.page(call, rows, (row) => [row.email], toMember);
    });
  }

  /** Adds a person and answers the link that signs them in; there is no mail server here to send it. */
  async add(call: Call<typeof routes.addMember>) {
    const { principal, body, requestId, request } = call;
    // A key that holds access:write acts as an admin would.
    if (!mayGrant(principal.role ?? 'admin', body.role)) {
      throw new Refusal('forbidden', `You may not make anybody ${body.role}.`);
    }
    const { tenantId } = principal;
    return this.database.system(async (tx) => {
      const member = await memberStore.add(tx, tenantId, body);
      if (!member) throw new Refusal('already_exists', `${body.email} is a member already.`);
      const link = await signInLinkStore.create(tx, { tenantId, userId: member.userId }, this.clock.now());
      const record = { actor: actorOf(principal), action: 'member.added', resource: `user:${member.userId}` };
      await audit.append(tx, { ...record, after: { email: member.email, role: member.role }, requestId }, tenantId);
      const signInLink = `${request.protocol}://${request.host}/sign-in?token=${link.token}`;
      return { ...toMember(member), signInLink };
    });
  }
}
