import type { AuditEntry as AuditRow } from '@muster/persistence/audit/audit.store';

/** An entry as people read it; before, after and reason come from the hashed text itself. */
export const toAuditEntry = (row: AuditRow) => {
  const said = JSON.parse(row.canonical) as Record<string, unknown>;
  const { type: kind, id, name } = row.actor;
  return {
    seq: row.seq,
    at: row.at.toISOString(),
    actor: { kind, id, name: name ?? id },
    action: row.action,
    resource: row.resource,
    before: said.before ?? null,
    after: said.after ?? null,
    reason: (said.reason as string | undefined) ?? null,
    requestId: (said.requestId as string | undefined) ?? null,
    hash: row.hash,
    prevHash: row.prevHash,
  };
};
