/**
 * A state machine is a table: state → event → next state.
 * An unknown state or target does not compile; a state nobody can reach is refused when the module loads.
 */
type Table<S extends string> = { readonly [K in S]: Readonly<Record<string, S>> };

type EventsOf<T> = { [K in keyof T]: keyof T[K] & string }[keyof T];

type NoStrangers<T, S extends string> = T & { readonly [K in Exclude<keyof T, S>]: never };

export type Step<S extends string, E extends string> =
  | { readonly kind: 'done'; readonly state: S }
  | { readonly kind: 'refused'; readonly state: S; readonly event: E; readonly allowed: readonly E[] };

export interface Machine<S extends string, E extends string> {
  readonly states: readonly S[];
  readonly events: readonly E[];
  readonly initial: S;
  /** The state after `event`, or a refusal that names the events allowed instead. */
  next(state: S, event: E): Step<S, E>;
  /** The events `state` answers to, in table order. */
  allowed(state: S): readonly E[];
  /** True when no event leads out of `state`. */
  isFinal(state: S): boolean;
  /** A Mermaid state diagram, for docs/reference. */
  toMermaid(): string;
}

export type StateOf<M> = M extends Machine<infer S, string> ? S : never;
export type EventOf<M> = M extends Machine<string, infer E> ? E : never;

const reachable = <S extends string>(table: Table<S>, initial: S): Set<S> => {
  const seen = new Set<S>([initial]);
  for (const state of seen) for (const target of Object.values<S>(table[state])) seen.add(target);
  return seen;
};

/**
 * Builds the machine and checks it.
 * @throws Error when a state cannot be reached from `initial`: a table with dead rows is a bug, not a setting.
 */
export const machine = <const S extends string, const T extends Table<S>>(
  states: readonly S[],
  table: NoStrangers<T, S>,
  initial: NoInfer<S>,
): Machine<S, EventsOf<T>> => {
  type E = EventsOf<T>;
  const rows: Table<S> = table;
  const seen = reachable(rows, initial);
  const dead = states.filter((state) => !seen.has(state));
  if (dead.length > 0) throw new Error(`unreachable from ${initial}: ${dead.join(', ')}`);

  const allowed = (state: S): readonly E[] => Object.keys(rows[state]) as E[];
  return {
    states,
    events: [...new Set(states.flatMap(allowed))],
    initial,
    allowed,
    isFinal: (state) => allowed(state).length === 0,
    next: (state, event) => {
      const target = Object.hasOwn(rows[state], event) ? rows[state][event] : undefined;
      return target === undefined
        ? { kind: 'refused', state, event, allowed: allowed(state) }
        : { kind: 'done', state: target };
    },
    toMermaid: () =>
      [
        'stateDiagram-v2',
        `  [*] --> ${initial}`,
        ...states.flatMap((state) => allowed(state).map((event) => `  ${state} --> ${rows[state][event]} : ${event}`)),
        ...states.filter((state) => allowed(state).length === 0).map((state) => `  ${state} --> [*]`),
        '',
      ].join('\n'),
  };
};
