import { commandCatalogue } from '@muster/contracts/commands/commands.schema';
import type { CommandClaims, CommandOrder } from '@muster/contracts/mqtt/downlink';
import type { CommandReport } from '@muster/contracts/mqtt/uplink';
import type { Verified } from '@muster/pki/signing/compact';
import type { Clock } from '../ports/clock.js';
import type { Log } from '../ports/log.js';
import type { CommandJournal, JournalEntry, Outcome } from './command-journal.js';
import type { CommandHandler, CommandHandlers } from './handlers.js';

export type CommandReportBody = Pick<CommandReport, 'commandId' | 'commandSeq' | 'state'> &
  Partial<Pick<CommandReport, 'reasonCode' | 'reasonDetail' | 'progress' | 'result'>>;

export interface RunnerPorts {
  clock: Clock;
  log: Log;
  bootId: string;
  verify: (jws: string) => Promise<Verified<CommandClaims>>;
  /** Resolves when the report is durable; it is sent until the server acknowledges it. */
  report: (body: CommandReportBody) => Promise<unknown>;
}

/** The order that gives another command up; people cannot send it by name. */
const CANCEL = 'cancel';
class Cancelled extends Error {
  override message = 'cancelled by the server';
}

/**
 * Runs signed commands at most once. The sequence number is durable before anything is executed, the intent before it
 * starts, the outcome before it is reported; a crash in between ends `unknown`, or runs again where that is harmless.
 */
export class CommandRunner {
  #tail: Promise<unknown> = Promise.resolve();
  readonly #running = new Map<string, AbortController>();
  replays = 0;

  constructor(
    private readonly ports: RunnerPorts,
    private readonly journal: CommandJournal,
    private readonly handlers: CommandHandlers,
  ) {}

  /** Checks an order and starts it. Resolves once its fate is recorded; a long command goes on after that. */
  receive(order: CommandOrder): Promise<void> {
    const turn = this.#tail.then(() => this.#receive(order));
    this.#tail = turn.catch((error) =>
      this.ports.log.warn('command failed inside the agent', { reason: String(error) }),
    );
    return turn;
  }

  /** Settles what the last run left open. */
  async recover(): Promise<void> {
    for (const entry of this.journal.unfinished()) {
      const handler = this.handlers[entry.act];
      if (entry.state === 'accepted' || handler?.idempotent) void this.#execute(entry);
      else if (handler?.restarts && entry.bootId !== this.ports.bootId)
        await this.#finish(entry, { state: 'succeeded', result: { bootId: this.ports.bootId } });
      else
        await this.#finish(entry, {
          state: 'unknown',
          reasonCode: 'interrupted',
          reasonDetail: 'the agent stopped while it ran',
        });
    }
  }

  async #receive(order: CommandOrder): Promise<void> {
    const { report, verify } = this.ports;
    const known = this.journal.find(order.commandId);
    if (known) return this.#repeat(known);
    const verified = await verify(order.jws);
    if (!verified.ok) {
      // Expired is judged by this device's clock; the order itself was genuine.
      const state = verified.fault === 'expired' ? 'expired' : 'rejected';
      await report({ commandId: order.commandId, commandSeq: 0, state, reasonCode: verified.fault });
      return;
    }
    const { claims } = verified;
    if (claims.jti !== order.commandId || claims.seq <= this.journal.lastSeq) {
      this.replays++;
      this.ports.log.warn('command replay ignored', { commandId: order.commandId, seq: claims.seq });
      const reasonCode = claims.jti === order.commandId ? 'sequence_replayed' : 'identity_mismatch';
      await report({ commandId: order.commandId, commandSeq: claims.seq, state: 'rejected', reasonCode });
      return;
    }
    await this.#begin(claims);
  }

  async #begin(claims: CommandClaims): Promise<void> {
    const { jti: commandId, seq, act, args } = claims;
    if (act === CANCEL) return this.#cancel(claims);
    const entry: JournalEntry = { commandId, seq, act, args, bootId: this.ports.bootId, state: 'accepted' };
    const refusal = this.#refusal(act, args);
    if (refusal) return this.#finish(entry, refusal);
    await this.journal.write(entry);
    await this.ports.report({ commandId, commandSeq: seq, state: 'acknowledged' });
    void this.#execute(entry, claims.timeoutS * 1000);
  }

  /** Gives another command up. What is done stays done and is told again; what never arrived can no longer run: its number is lower. */
  async #cancel({ jti, seq, args }: CommandClaims): Promise<void> {
    const order = { commandId: jti, seq, act: CANCEL, args, bootId: this.ports.bootId };
    await this.journal.write({ ...order, state: 'done', outcome: { state: 'succeeded' } });
    const wanted = String(args.commandId);
    const running = this.#running.get(wanted);
    if (running) return running.abort(new Cancelled());
    const known = this.journal.find(wanted);
    if (known) return this.#repeat(known);
    await this.ports.report({ commandId: wanted, commandSeq: 0, state: 'cancelled', reasonCode: 'never_arrived' });
  }

  #refusal(act: string, args: Record<string, unknown>): Outcome | null {
    if (!this.handlers[act])
      return { state: 'rejected', reasonCode: 'command_unsupported', reasonDetail: `this agent has no "${act}"` };
    if (!Object.hasOwn(commandCatalogue, act)) return null;
    const parsed = commandCatalogue[act as keyof typeof commandCatalogue].args.safeParse(args);
    if (parsed.success) return null;
    return {
      state: 'rejected',
      reasonCode: 'args_invalid',
      reasonDetail: parsed.error.issues[0]?.message ?? 'arguments are not valid',
    };
  }

  async #execute(entry: JournalEntry, timeoutMs = 60_000): Promise<void> {
    const handler = this.handlers[entry.act]!;
    const abort = new AbortController();
    this.#running.set(entry.commandId, abort);
    await this.journal.write({ ...entry, bootId: this.ports.bootId, state: 'running' });
    const cancel = this.ports.clock.after(timeoutMs, () =>
      abort.abort(new Error(`no result within ${timeoutMs / 1000} s`)),
    );
    try {
      const result = await raceAbort(this.#run(handler, entry, abort.signal), abort.signal);
      // What restarts the agent is judged by the next run: only that one knows that it happened.
      if (!handler.restarts) await this.#finish(entry, { state: 'succeeded', ...(result !== undefined && { result }) });
    } catch (error) {
      const cancelled = abort.signal.reason instanceof Cancelled;
      const reasonCode = cancelled ? 'cancelled' : abort.signal.aborted ? 'timed_out' : 'handler_failed';
      await this.#finish(entry, {
        state: cancelled ? 'cancelled' : 'failed',
        reasonCode,
        reasonDetail: String((error as Error).message).slice(0, 1000),
      });
    } finally {
      cancel();
      this.#running.delete(entry.commandId);
    }
  }

  #run(handler: CommandHandler, entry: JournalEntry, signal: AbortSignal): Promise<unknown> {
    return handler.run(entry.args, {
      commandId: entry.commandId,
      signal,
      progress: (percent) =>
        void this.ports.report({
          commandId: entry.commandId,
          commandSeq: entry.seq,
          state: 'acknowledged',
          progress: percent,
        }),
    });
  }

  async #finish(entry: JournalEntry, outcome: Outcome): Promise<void> {
    await this.journal.write({ ...entry, bootId: this.ports.bootId, state: 'done', outcome });
    await this.ports.report({ commandId: entry.commandId, commandSeq: entry.seq, ...outcome });
  }

  /** Delivered again: the answer is told again, the work is not done again. */
  async #repeat(entry: JournalEntry): Promise<void> {
    const { commandId, seq: commandSeq } = entry;
    if (entry.act === CANCEL) return;
    await this.ports.report({ commandId, commandSeq, ...(entry.outcome ?? { state: 'acknowledged' as const }) });
  }
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    work.then(resolve, reject);
  });
}
