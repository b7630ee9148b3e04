import { connect, type Socket } from 'node:net';
import { type Clock, pause } from '../ports/clock.js';
import { decodeRead, encodeRead, exceptionName, type ReadRequest } from './pdu.js';
import { TcpSession } from './tcp-session.js';

export interface TcpBusOptions {
  host: string;
  port: number;
  /** Deadline of one request and of opening the connection. */
  timeoutMs: number;
  /** Further tries after a timeout, a lost connection or a busy answer. */
  retries: number;
  /** Silence kept between two requests; many slow devices need 20 to 100 ms. */
  interRequestDelayMs: number;
  unitEcho: 'strict' | 'any';
}

export type ReadResult =
  | { ok: true; registers: Uint16Array }
  | { ok: false; fault: 'timeout' | 'unreachable' | 'malformed'; detail: string }
  | { ok: false; fault: 'exception'; code: number; detail: string };

/** Answers that ask for patience (Modbus Application Protocol 7: acknowledge, device busy). */
const PATIENCE = new Set([5, 6]);
const BUSY_PAUSE_MS = 200;
/** A connection that stays silent this often in a row is taken for dead: TCP itself would notice after minutes. */
const SILENT_LIMIT = 2;

/** A bus master: serves one read at a time, in the order asked, over one TCP connection that it opens when needed. */
export interface Bus {
  read(unit: number, request: ReadRequest): Promise<ReadResult>;
  close(): Promise<void>;
  readonly counters: Readonly<Record<string, number>>;
}

export class TcpBus implements Bus {
  readonly counters = { requests: 0, timeouts: 0, exceptions: 0, malformed: 0, connects: 0, stray: 0 };
  #session: TcpSession | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #silent = 0;
  #lastEnd = Number.NEGATIVE_INFINITY;
  readonly #abort = new AbortController();

  constructor(
    private readonly options: TcpBusOptions,
    private readonly clock: Clock,
  ) {}

  read(unit: number, request: ReadRequest): Promise<ReadResult> {
    const turn = this.#tail.then(() => this.#readWithRetries(unit, request));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#drop('bus closed');
    await this.#tail;
  }

  async #readWithRetries(unit: number, request: ReadRequest): Promise<ReadResult> {
    for (let attempt = 0; ; attempt++) {
      if (this.#abort.signal.aborted) return { ok: false, fault: 'unreachable', detail: 'bus closed' };
      const result = await this.#readOnce(unit, request);
      if (result.ok || attempt >= this.options.retries) return result;
      if (result.fault === 'exception' && !PATIENCE.has(result.code)) return result;
      if (result.fault === 'exception') await pause(this.clock, BUSY_PAUSE_MS, this.#abort.signal);
    }
  }

  async #readOnce(unit: number, request: ReadRequest): Promise<ReadResult> {
    const session = await this.#open();
    if (typeof session === 'string') return { ok: false, fault: 'unreachable', detail: session };
    const wait = this.#lastEnd + this.options.interRequestDelayMs - this.clock.monotonic();
    if (wait > 0) await pause(this.clock, wait, this.#abort.signal);
    this.counters.requests++;
    const exchange = await session.exchange(unit, encodeRead(request), this.options.timeoutMs);
    this.#lastEnd = this.clock.monotonic();
    if (exchange.kind === 'closed') return { ok: false, fault: 'unreachable', detail: exchange.detail };
    if (exchange.kind === 'timeout') {
      this.counters.timeouts++;
      if (++this.#silent >= SILENT_LIMIT) this.#drop('no answer');
      return { ok: false, fault: 'timeout', detail: `no answer within ${this.options.timeoutMs} ms` };
    }
    this.#silent = 0;
    const answer = decodeRead(request, exchange.pdu);
    if (answer.kind === 'registers') return { ok: true, registers: answer.registers };
    if (answer.kind === 'exception') {
      this.counters.exceptions++;
      return { ok: false, fault: 'exception', code: answer.code, detail: exceptionName(answer.code) };
    }
    this.counters.malformed++;
    return { ok: false, fault: 'malformed', detail: answer.detail };
  }

  async #open(): Promise<TcpSession | string> {
    if (this.#session && this.#session.closed === null) return this.#session;
    this.#drop('reopened');
    const socket = await dial(this.options, this.clock, this.#abort.signal);
    if (typeof socket === 'string') return socket;
    this.counters.connects++;
    this.#silent = 0;
    this.#session = new TcpSession(socket, { clock: this.clock, unitEcho: this.options.unitEcho });
    return this.#session;
  }

  #drop(why: string): void {
    if (!this.#session) return;
    this.counters.stray += this.#session.counters.stray + this.#session.counters.wrongUnit;
    this.#session.close(why);
    this.#session = null;
  }
}

/** Opens a socket, or says in a few words why there is none. */
function dial(options: TcpBusOptions, clock: Clock, signal: AbortSignal): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
    const finish = (outcome: Socket | string) => {
      cancel();
      signal.removeEventListener('abort', aborted);
      socket.removeAllListeners('connect');
      socket.removeAllListeners('error');
      // A socket destroyed while connecting may still emit an error; without a listener that would end the process.
      socket.on('error', () => undefined);
      if (typeof outcome === 'string') socket.destroy();
      resolve(outcome);
    };
    const aborted = () => finish('bus closed');
    const cancel = clock.after(options.timeoutMs, () => finish(`no connection within ${options.timeoutMs} ms`));
    signal.addEventListener('abort', aborted, { once: true });
    socket.once('connect', () => finish(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message));
  });
}
