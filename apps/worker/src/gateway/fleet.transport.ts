import { type UplinkChannel, uplinkChannels } from '@muster/contracts/mqtt/topics';
import type { SessionEvent } from '@muster/ingest/session-sightings';
import type { RefusedUplink, UplinkMessage } from '@muster/ingest/uplink';
import type { Logger } from '@muster/runtime/logging/logger';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import { Counter, Gauge, type Registry } from 'prom-client';
import { isObservable, lastValueFrom } from 'rxjs';
import type { Acknowledge, UplinkListener, UplinkTransport } from './uplink.port.js';

/** What the transport needs of the worker it runs in; known only once Nest has built it. */
export interface Pipeline {
  readonly deadLetters: { add(refused: RefusedUplink): Promise<void> };
  readonly acks: { flush(): Promise<void> };
  readonly sightings?: { note(event: SessionEvent): void };
  readonly handlers: { open(handler: (message: UplinkMessage) => Promise<void>): void };
}

const patterns = Object.fromEntries(uplinkChannels.map((channel) => [channel, `uplink.${channel}`])) as Record<
  UplinkChannel,
  string
>;

/** Messages taken and not yet committed at which reading stops, and at which it goes on. */
const HIGH = 4_000;
const LOW = 2_000;
/** How long the end waits for the commit of what is taken. */
const DRAIN_MS = 3_000;

/**
 * Nest's view of the uplinks: handlers are named `uplink.<channel>`, get the message untouched, and their promise is the
 * commit. Their application tells devices what is committed, and devices keep the rest; the broker has its PUBACK when the
 * handler is done, also when it failed: one message that cannot even be dead-lettered would hold back all behind it. Nest's
 * own MQTT transport acknowledges before the handler runs, decodes binary as text and has no bound, so it cannot carry devices.
 */
export class FleetTransport extends Server implements CustomTransportStrategy, UplinkListener {
  readonly #transport: UplinkTransport;
  readonly #pipeline: () => Pipeline;
  readonly #log: Logger;
  readonly #handlers: Partial<Record<UplinkChannel, (message: UplinkMessage) => Promise<void>>> = {};
  /** Since the metrics were last read: a labelled counter would be a good part of what a message costs here. */
  readonly #received = Object.fromEntries([...uplinkChannels, 'refused'].map((channel) => [channel, 0])) as Record<
    UplinkChannel | 'refused',
    number
  >;
  #waiting = 0;
  #paused = false;
  #closing = false;
  #onIdle: () => void = () => {};

  constructor(transport: UplinkTransport, pipeline: () => Pipeline, log: Logger, metrics: Registry) {
    super();
    this.#transport = transport;
    this.#pipeline = pipeline;
    this.#log = log;
    const received = this.#received;
    new Counter({
      name: 'muster_uplinks_received_total',
      help: 'Uplinks taken from the broker, by channel.',
      labelNames: ['channel'],
      registers: [metrics],
      collect() {
        for (const channel of [...uplinkChannels, 'refused'] as const) {
          if (received[channel] > 0) this.inc({ channel }, received[channel]);
          received[channel] = 0;
        }
      },
    });
    new Gauge({
      name: 'muster_uplinks_waiting',
      help: 'Uplinks taken and not yet committed.',
      registers: [metrics],
      collect: collectWith(() => this.#waiting),
    });
  }

  /** What is taken and not yet committed, and whether reading stopped because of it. */
  get gauge(): { waiting: number; paused: boolean } {
    return { waiting: this.#waiting, paused: this.#paused };
  }

  listen(callback: (error?: unknown) => void): void {
    this.#pipeline().handlers.open((message) => this.#handle(message));
    this.#transport.start(this).then(() => callback(), callback);
  }

  /** What is taken is committed, unless the database is away, and devices learn of it before they lose us. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#transport.pause();
    await this.#drained();
    await this.#pipeline().acks.flush();
    await this.#transport.close();
  }

  onMessage(message: UplinkMessage, ack: Acknowledge): void {
    // What still comes out of a buffer stays its device's.
    if (this.#closing) return;
    this.#received[message.channel]++;
    this.#track(this.#handle(message), ack, message.deviceId);
  }

  onRefused(refused: RefusedUplink, ack: Acknowledge): void {
    if (this.#closing) return;
    this.#received.refused++;
    this.#track(this.#pipeline().deadLetters.add(refused), ack, refused.deviceId);
  }

  onSession(event: SessionEvent): void {
    this.#pipeline().sightings?.note(event);
  }

  on(): void {
    throw new Error('uplinks have no events of their own');
  }

  unwrap<T>(): T {
    return this.#transport as T;
  }

  /** Several handlers of one pattern are chained by Nest: the first calls the others and answers with an observable. */
  #handle(message: UplinkMessage): Promise<void> {
    const handler = this.#handlers[message.channel] ?? this.#resolve(message.channel);
    return handler(message);
  }

  /** Consumers are registered before the transport listens and never change. */
  #resolve(channel: UplinkChannel): (message: UplinkMessage) => Promise<void> {
    const handler = this.messageHandlers.get(patterns[channel]);
    if (handler === undefined) return () => Promise.reject(new Error(`nobody handles ${patterns[channel]}`));
    const handle = async (message: UplinkMessage): Promise<void> => {
      const result: unknown = await handler(message);
      if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
    };
    this.#handlers[channel] = handle;
    return handle;
  }

  #track(work: Promise<void>, ack: Acknowledge, deviceId: string | null): void {
    if (++this.#waiting >= HIGH && !this.#paused) {
      this.#paused = true;
      this.#transport.pause();
    }
    work.then(
      () => {
        ack();
        this.#left();
      },
      (error: unknown) => {
        this.#log.error({ err: error, deviceId }, 'an uplink was not committed');
        ack();
        this.#left();
      },
    );
  }

  #left(): void {
    if (--this.#waiting === 0) this.#onIdle();
    if (this.#waiting > LOW || !this.#paused || this.#closing) return;
    this.#paused = false;
    this.#transport.resume();
  }

  #drained(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, DRAIN_MS);
    this.#onIdle = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }
}

/** prom-client calls `collect` with the gauge as `this`. */
const collectWith = (read: () => number) =>
  function (this: Gauge): void {
    this.set(read());
  };
