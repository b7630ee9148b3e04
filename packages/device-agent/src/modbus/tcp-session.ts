import type { Socket } from 'node:net';
import type { Clock } from '../ports/clock.js';
import { encodeFrame, FrameReader, type TcpFrame } from './tcp-frame.js';

/** How one request ended. Only `answer` carries bytes of the device that was asked. */
export type Exchange = { kind: 'answer'; pdu: Uint8Array } | { kind: 'timeout' } | { kind: 'closed'; detail: string };

export interface SessionCounters {
  /** Frames that belong to no outstanding request: late answers, duplicates, chatter. */
  stray: number;
  /** Frames with the right transaction from a unit that was not asked. */
  wrongUnit: number;
}

export interface TcpSessionOptions {
  clock: Clock;
  /** `any` accepts gateways that answer with another unit id than the one asked. */
  unitEcho: 'strict' | 'any';
}

/**
 * One TCP connection with at most one request outstanding. Every request settles: by its answer, by its deadline, or by
 * the connection's end. A late answer is recognised by its transaction id and dropped.
 */
export class TcpSession {
  readonly counters: SessionCounters = { stray: 0, wrongUnit: 0 };
  readonly #reader = new FrameReader();
  #transaction = 0;
  #outstanding: { transaction: number; unit: number; settle: (exchange: Exchange) => void } | null = null;
  #closed: string | null = null;

  constructor(
    private readonly socket: Socket,
    private readonly options: TcpSessionOptions,
  ) {
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', (error) => this.close(error.message));
    socket.on('close', () => this.close('connection closed by the device'));
    socket.on('end', () => this.close('connection closed by the device'));
  }

  get closed(): string | null {
    return this.#closed;
  }

  /** Sends one PDU and waits for its answer until `timeoutMs` is over. Throws when a request is already outstanding. */
  exchange(unit: number, pdu: Uint8Array, timeoutMs: number): Promise<Exchange> {
    if (this.#closed !== null) return Promise.resolve({ kind: 'closed', detail: this.#closed });
    if (this.#outstanding) throw new Error('a request is already outstanding on this connection');
    this.#transaction = (this.#transaction + 1) & 0xffff;
    const transaction = this.#transaction;
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(timeoutMs, () => settle({ kind: 'timeout' }));
      const settle = (exchange: Exchange) => {
        cancel();
        this.#outstanding = null;
        resolve(exchange);
      };
      this.#outstanding = { transaction, unit, settle };
      this.socket.write(encodeFrame(transaction, unit, pdu));
    });
  }

  close(detail: string): void {
    if (this.#closed !== null) return;
    this.#closed = detail;
    this.socket.destroy();
    this.#outstanding?.settle({ kind: 'closed', detail });
  }

  #take(bytes: Uint8Array): void {
    const { frames, fault } = this.#reader.push(bytes);
    for (const frame of frames) this.#match(frame);
    if (fault !== null) this.close(fault);
  }

  #match(frame: TcpFrame): void {
    const asked = this.#outstanding;
    if (!asked || frame.transaction !== asked.transaction) {
      this.counters.stray++;
    } else if (frame.unit !== asked.unit && this.options.unitEcho === 'strict') {
      this.counters.wrongUnit++;
    } else {
      asked.settle({ kind: 'answer', pdu: frame.pdu });
    }
  }
}
