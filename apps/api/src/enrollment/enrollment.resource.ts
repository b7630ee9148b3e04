import type { EnrollmentToken } from '@muster/contracts/enrollment/enrollment.schema';
import type { TokenRow, TokenSteps } from '@muster/persistence/enrollment/enrollment-token.store';

const text = (at: Date | null): string | null => at?.toISOString() ?? null;

export const noSteps: TokenSteps = {
  deviceId: null,
  certificateIssuedAt: null,
  connectedAt: null,
  firstTelemetryAt: null,
  refusals: [],
};

export const toToken = (row: TokenRow, steps: TokenSteps): EnrollmentToken => ({
  ...row,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  revokedAt: text(row.revokedAt),
  steps: {
    deviceId: steps.deviceId,
    // Token, device and certificate are written in one transaction, so they share their moment.
    tokenUsedAt: text(steps.certificateIssuedAt),
    certificateIssuedAt: text(steps.certificateIssuedAt),
    connectedAt: text(steps.connectedAt),
    firstTelemetryAt: text(steps.firstTelemetryAt),
    refusals: steps.refusals.map(({ at, code, detail }) => ({ at: at.toISOString(), code, detail })),
  },
});
