import { certificateStore } from '@muster/persistence/certificates/certificate.store';
import { Database } from '@muster/persistence/database';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { WebSocket } from 'ws';
import type { KnownDevice } from '../../device-door/device-identity.js';
import { LOG, type Log } from '../../http/log.js';
import { DoorIntake } from './door-intake.js';
import { DOOR_LIMITS, type DoorLimits } from './door-limits.js';
import { StreamSession } from './stream-session.js';

/** Letters come by the hundred when much happens; the certificates of the sessions are looked at once for all of them. */
const LOOK_AFTER_MS = 500;

/** The open WebSocket sessions of this process, one a device, ended as soon as their certificate is out. */
@Injectable()
export class StreamSessions implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #sessions = new Map<string, StreamSession>();
  #stopListening: () => Promise<void> = async () => {};
  #look: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly database: Database,
    private readonly intake: DoorIntake,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(DOOR_LIMITS) private readonly limits: DoorLimits,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Every transaction that revokes a certificate or puts a device out of service drops a letter, which is heard here. */
  async onApplicationBootstrap(): Promise<void> {
    this.#stopListening = await this.database.listen('muster_outbox_dropped', () => this.#lookSoon());
  }

  async onModuleDestroy(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#look);
    await this.#stopListening();
    await Promise.all([...this.#sessions.values()].map((session) => session.leave()));
  }

  get count(): number {
    return this.#sessions.size;
  }

  /** The newest session of a device is the one that counts: the one before may be half dead. */
  open(socket: WebSocket, device: KnownDevice): void {
    if (this.#closed) return socket.close(1001, 'the server goes down');
    const { deviceId } = device;
    this.#sessions.get(deviceId)?.end(4000, 'replaced by a newer session');
    const { intake, clock, limits, log } = this;
    const session = new StreamSession(socket, device, { intake, clock, limits, log });
    this.#sessions.set(deviceId, session);
    socket.once('close', () => {
      if (this.#sessions.get(deviceId) === session) this.#sessions.delete(deviceId);
    });
    // Between the look at the certificate and now it may have been revoked.
    this.#lookSoon();
  }

  #lookSoon(): void {
    if (this.#closed || this.#sessions.size === 0) return;
    this.#look ??= setTimeout(() => {
      this.#look = undefined;
      this.#endRevoked().catch((error: unknown) => {
        this.log.warn({ err: error }, 'the certificates of open sessions could not be looked at; trying again');
        this.#lookSoon();
      });
    }, LOOK_AFTER_MS);
  }

  async #endRevoked(): Promise<void> {
    const open = [...this.#sessions.values()];
    const fingerprints = open.map(({ device }) => device.fingerprint);
    const out = new Set(await this.database.system((tx) => certificateStore.listOut(tx, fingerprints)));
    for (const session of open) if (out.has(session.device.fingerprint)) session.end(1008, 'certificate_revoked');
  }
}
