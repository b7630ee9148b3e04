/** SQLSTATE of a database error, e.g. `23505`; null for anything else. TypeORM wraps the driver's error and copies its code. */
export const sqlState = (error: unknown): string | null => {
  const code = (error as { code?: unknown } | null)?.code;
  // EPIPE, of all network errors, has the length of one; every SQLSTATE has a digit.
  return typeof code === 'string' && /^(?=.*\d)[0-9A-Z]{5}$/.test(code) ? code : null;
};

/** connection trouble, not let in, collisions, out of resources, shutting down, lock not available, read-only, ended while idle, server fault */
const TRANSIENT = /^(08|28|40|53|57|55P03|25006|25P03|58|XX)/;
const NETWORK = /^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)/;

/** True when the same work may succeed later: the database was away, or two transactions collided. */
export const isTransient = (error: unknown): boolean => {
  const state = sqlState(error);
  if (state !== null) return TRANSIENT.test(state);
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  if (typeof code === 'string' && NETWORK.test(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|not queryable/i.test(
    message ?? '',
  );
};

/** True when two transactions collided (SQLSTATE class 40): both were right, and one was undone to let the other go on. */
export const isCollision = (error: unknown): boolean => /^40/.test(sqlState(error) ?? '');

/** True when the values themselves are at fault: out of range, malformed, breaking a constraint. Trying again cannot help. */
export const isDataFault = (error: unknown): boolean => /^(22|23)/.test(sqlState(error) ?? '');

/** The name of the constraint that was broken, or null. */
export const brokenConstraint = (error: unknown): string | null =>
  (error as { constraint?: string } | null)?.constraint ?? null;
