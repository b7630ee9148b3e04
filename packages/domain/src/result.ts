/** What a rule answers when it will not do what was asked: a value with a stable code, never an exception. */
export interface Refused<C extends string = string> {
  readonly ok: false;
  readonly code: C;
  readonly detail: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface Done<T> {
  readonly ok: true;
  readonly value: T;
}

export type Result<T, C extends string = string> = Done<T> | Refused<C>;

export const done = <T>(value: T): Done<T> => ({ ok: true, value });

export const refused = <C extends string>(
  code: C,
  detail: string,
  facts?: Readonly<Record<string, unknown>>,
): Refused<C> => (facts === undefined ? { ok: false, code, detail } : { ok: false, code, detail, facts });
