import { listAudit, verifyAudit } from '@muster/contracts/audit/audit.routes';
import { audit } from '@muster/persistence/audit/audit.store';
import { Database } from '@muster/persistence/database';
import { Controller } from '@nestjs/common';
import { type Call, Endpoint } from '../http/endpoint.js';
import { Paging } from '../http/paging.js';
import { toAuditEntry } from './audit.resource.js';

@Controller()
export class AuditController {
  constructor(
    private readonly database: Database,
    private readonly paging: Paging,
  ) {}

  @Endpoint(listAudit)
  list(call: Call<typeof listAudit>) {
    const { action, resource, pageSize } = call.query;
    const beforeSeq = this.paging.after(call)?.[0] as number | undefined;
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const rows = await audit.list(tx, { limit: pageSize + 1, beforeSeq, action, resource });
      return this.paging.page(call, rows, (row) => [row.seq], toAuditEntry);
    });
  }

  @Endpoint(verifyAudit)
  verify(call: Call<typeof verifyAudit>) {
    return this.database.tenant(call.principal.tenantId, async (tx) => {
      const firstBad = await audit.verify(tx);
      const { seq, hash } = await audit.head(tx);
      return { entries: seq, head: hash, intact: firstBad === null, firstBad };
    });
  }
}
