import type { CommandState } from '@muster/contracts/commands/commands.schema';
import type { CommandOrder } from '@muster/contracts/mqtt/downlink';
import { type CommandEvent, command as machine } from '@muster/domain/commands/command.machine';
import { type Attempt, nextAttempt } from '@muster/domain/commands/next-attempt';
import {
  type AttemptRow,
  type CommandRow,
  type CommandStep,
  commandStore,
} from '@muster/persistence/commands/command.store';
import { Database, type Tx } from '@muster/persistence/database';
import { brakeStore } from '@muster/persistence/tenants/brake.store';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { Downlink } from '../gateway/downlink.publisher.js';
import { CommandSigner } from './command-signer.js';
import { InTurn } from './in-turn.js';
import { tellStep } from './tell-step.js';

/** A command that is committed as sent and now must travel. */
interface Outgoing {
  readonly certificate: string;
  readonly commands: readonly CommandRow[];
}

const DUE = 500;
/** An order to cancel is worth little later. */
const CANCEL_S = 300;

/**
 * Decides what each unfinished command of a device needs, commits that, and only then publishes. Commands of one device
 * travel in the order of their numbers: a device refuses a lower number than one it has seen.
 */
@Injectable()
export class Dispatcher {
  readonly #turns = new InTurn();

  constructor(
    private readonly database: Database,
    private readonly downlink: Downlink,
    private readonly signer: CommandSigner,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Sends, expires or times out whatever is open for this device. Safe to call at any time. */
  settle(tenantId: string, deviceId: string): Promise<void> {
    return this.#turns.run(deviceId, async () => {
      const outgoing = await this.database.tenant(tenantId, (tx) => this.#decide(tx, deviceId));
      for (const row of outgoing.commands) {
        const { id, seq, name, args, timeoutS, expiresAt } = row;
        const { certificate } = outgoing;
        const order = { deviceId, certificate, id, seq, act: name, args, timeoutS, expiresAt };
        const jws = await this.signer.sign(tenantId, order);
        await this.#unlessKilled(tenantId, deviceId, orderOf(id, jws));
      }
    });
  }

  /** Everything time has something to say about. */
  async settleDue(): Promise<number> {
    const due = await this.database.system((tx) => commandStore.listDue(tx, this.clock.now(), DUE));
    for (const { tenantId, deviceId } of due) await this.settle(tenantId, deviceId);
    return due.length;
  }

  /** Asks the device to give a command up. The order to cancel is signed and numbered like any other. */
  cancel(tenantId: string, deviceId: string, commandId: string): Promise<void> {
    return this.#turns.run(deviceId, async () => {
      const wanted = await this.database.tenant(tenantId, async (tx) => {
        const row = await commandStore.lock(tx, commandId);
        const certificate = await commandStore.certificateOf(tx, deviceId);
        if (row?.state !== 'cancelling' || certificate === null) return null;
        return { certificate, seq: (await commandStore.takeSeq(tx, deviceId))! };
      });
      if (wanted === null) return;
      const id = uuidv7();
      const expiresAt = new Date(this.clock.now().getTime() + CANCEL_S * 1000);
      const order = { deviceId, ...wanted, id, act: 'cancel', args: { commandId }, timeoutS: 30, expiresAt };
      const jws = await this.signer.sign(tenantId, order);
      await this.downlink.publish(tenantId, deviceId, 'command', orderOf(id, jws));
    });
  }

  async #decide(tx: Tx, deviceId: string): Promise<Outgoing> {
    const now = this.clock.now();
    const killed = await brakeStore.engaged(tx);
    const open = await commandStore.lockOpen(tx, deviceId);
    const certificate = open.length > 0 ? await commandStore.certificateOf(tx, deviceId) : null;
    const commands: CommandRow[] = [];
    for (const row of open) {
      const attempt = nextAttempt({ ...row, connected: row.connected && certificate !== null, killed }, now);
      const stepped = await apply(tx, row, attempt, now);
      if (attempt.kind === 'send' && stepped !== null) commands.push(stepped);
    }
    return { certificate: certificate ?? '', commands };
  }

  /**
   * Signing takes its time, and the kill switch may have come meanwhile: what is not sent now is sent again after its
   * release. It goes out while the switch cannot be engaged; the broker is waited for without.
   */
  async #unlessKilled(tenantId: string, deviceId: string, order: CommandOrder): Promise<void> {
    const sent = await this.database.tenant(tenantId, async (tx) =>
      (await brakeStore.engaged(tx)) ? null : this.downlink.handOver(tenantId, deviceId, 'command', order),
    );
    await sent?.();
  }
}

const orderOf = (commandId: string, jws: string): CommandOrder => ({ schemaVersion: 1, commandId, jws });

const details = {
  not_delivered: 'the device was not there before the command expired; it never ran',
  not_acknowledged: 'sent, and not acknowledged before it expired; the device may still report',
  no_result: 'acknowledged, and no result in time; the device may still report',
  cancel_unanswered: 'the device did not answer the order to cancel; it may still report',
} as const;

async function apply(tx: Tx, row: AttemptRow, attempt: Attempt, now: Date): Promise<CommandRow | null> {
  if (attempt.kind === 'wait' || attempt.kind === 'rest') return null;
  const state = nextState(row.state, attempt.kind);
  if (attempt.kind === 'send') {
    const sent = await commandStore.step(tx, row.id, { state, sentAt: now }, now);
    if (row.state !== state) await tellStep(tx, sent, now);
    return sent;
  }
  const reasonCode = attempt.kind === 'expire' ? 'not_delivered' : attempt.code;
  const step: CommandStep = { state, reasonCode, reasonDetail: details[reasonCode], finishedAt: now };
  const ended = await commandStore.step(tx, row.id, step, now);
  await tellStep(tx, ended, now);
  return ended;
}

/** `nextAttempt` asks only for what the machine allows; a property test holds it to that. */
const nextState = (state: CommandState, event: CommandEvent): CommandState => {
  const step = machine.next(state, event);
  if (step.kind === 'refused') throw new Error(`a command that is ${state} cannot ${event}`);
  return step.state;
};
