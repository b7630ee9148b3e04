import { createHmac } from 'node:crypto';

export interface RolePasswords {
  readonly app: string;
  readonly system: string;
}

/**
 * Passwords of the two roles the processes work under, derived from the owner's: whoever was told how to reach the
 * database as its owner needs no further secrets, and every process arrives at the same ones.
 */
export function rolePasswords(ownerUrl: string): RolePasswords {
  const secret = decodeURIComponent(new URL(ownerUrl).password);
  const of = (role: string) => createHmac('sha256', secret).update(`muster role ${role}`).digest('base64url');
  return { app: of('app'), system: of('system') };
}

/** The same database as `ownerUrl`, as the application role and as the system role. */
export function roleUrls(ownerUrl: string): { readonly appUrl: string; readonly systemUrl: string } {
  const passwords = rolePasswords(ownerUrl);
  const as = (user: string, password: string) => {
    const url = new URL(ownerUrl);
    url.username = user;
    url.password = password;
    return url.toString();
  };
  return { appUrl: as('muster_app', passwords.app), systemUrl: as('muster_system', passwords.system) };
}
