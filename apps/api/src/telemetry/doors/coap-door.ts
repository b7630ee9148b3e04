import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { CLOCK, type Clock } from '@muster/runtime/clock/clock';
import { SETTINGS, type Settings } from '@muster/runtime/config/settings';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { LOG, type Log } from '../../http/log.js';
import { BlockAssembly } from './block-assembly.js';
import { type CoapAnswer, type CoapRequest, readDatagram, writeAnswer } from './coap-message.js';
import { CoapUplinks } from './coap-uplinks.js';

/** Requests that wait for their answer at once; more are told to come again. */
const MOST_UNDER_WAY = 500;
const COME_AGAIN_S = 5;
/** A signed uplink is a third larger than what it carries, and has its header and signature. */
const BLOCKS = { transfers: 256, bytes: 176 * 1024 };

/**
 * CoAP over UDP (RFC 7252, blocks of RFC 7959) for devices that cannot speak TLS. Every request is answered inside its
 * acknowledgement and within the time after which a client sends again, so there are no separate responses, and a
 * request that comes twice is simply a duplicate message. The reasons stand in docs/device-doors.md.
 */
@Injectable()
export class CoapDoor implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #blocks: BlockAssembly;
  #socket: Socket | null = null;
  #closing = false;

  constructor(
    private readonly uplinks: CoapUplinks,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) private readonly log: Log,
  ) {
    this.#blocks = new BlockAssembly(clock, BLOCKS);
  }

  async onApplicationBootstrap(): Promise<void> {
    const { coapPort, coapBind } = this.settings;
    if (coapPort === undefined) return;
    const socket = createSocket(isIPv6(coapBind) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject).bind(coapPort, coapBind, resolve);
    });
    socket.on('error', (error) => this.log.error({ err: error }, 'the CoAP socket has a fault'));
    socket.on('message', (datagram, from) => this.hear(datagram, from));
    this.#socket = socket;
    this.log.info({ port: this.port, bind: coapBind }, 'devices may send over CoAP');
  }

  /** The port in use, also when port 0 was asked for; null while the door is closed. */
  get port(): number | null {
    return this.#socket?.address().port ?? null;
  }

  /** What is under way is answered; what comes now is not heard, and its client sends it again. */
  async onModuleDestroy(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#underWay.values());
    this.#socket?.close();
    this.#socket = null;
  }

  /** One datagram as the socket hands it over. Never throws: what does, in here, ends the process. */
  hear(datagram: Buffer, from: RemoteInfo): void {
    // Port 0 is what a sender says who wants no answer (RFC 768), and nothing can be sent to it.
    if (this.#closing || from.port === 0) return;
    const arrival = readDatagram(datagram);
    if (arrival.kind === 'reset') this.#send(arrival.datagram, from);
    if (arrival.kind !== 'request') return;
    const { request } = arrival;
    const key = `${from.address}:${from.port}/${request.messageId}`;
    // The answer of the first one is on its way (RFC 7252 4.5).
    if (this.#underWay.has(key)) return;
    const begun = this.#begin(request, from);
    if (!Buffer.isBuffer(begun)) return this.#answer(request, from, begun);
    if (this.#underWay.size >= MOST_UNDER_WAY)
      return this.#answer(request, from, { code: '5.03', maxAgeS: COME_AGAIN_S });
    const work = this.uplinks
      .take(request, begun)
      .then((answer) => this.#answer(request, from, answer))
      .catch((error: unknown) => this.log.error({ err: error }, 'a CoAP request was not answered'))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, work);
  }

  /** The whole body, or what to answer instead. */
  #begin(request: CoapRequest, { address, port }: RemoteInfo): Buffer | CoapAnswer {
    const { block, path, payload } = request;
    const refused = this.uplinks.refusalOf(request, address);
    if (refused !== null) return refused;
    return block === null ? payload : this.#blocks.add(`${address}:${port}/${path.join('/')}`, block, payload);
  }

  /** The last block is named in the answer to the whole (RFC 7959 2.3). */
  #answer(request: CoapRequest, to: RemoteInfo, answer: CoapAnswer): void {
    const block = request.block === null ? {} : { block: request.block.raw };
    this.#send(writeAnswer(request, { ...block, ...answer }), to);
  }

  #send(datagram: Buffer, { address, port }: RemoteInfo): void {
    // A datagram that cannot be sent is as one that was lost: the client asks again.
    this.#socket?.send(datagram, port, address, () => {});
  }
}
