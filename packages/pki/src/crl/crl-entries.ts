import { time } from '../der/write.js';

/** RFC 5280 5.3.1; `unspecified` stands for an absent extension. */
export const crlReasonCodes = {
  unspecified: 0,
  keyCompromise: 1,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  privilegeWithdrawn: 9,
} as const;
export type CrlReason = keyof typeof crlReasonCodes;

/** The reason a record names; what is no reason of RFC 5280 is unspecified. */
export const crlReason = (code: string | null): CrlReason =>
  code !== null && Object.hasOwn(crlReasonCodes, code) ? (code as CrlReason) : 'unspecified';

export interface RevokedEntry {
  /** Hex, as stored with the certificate. */
  readonly serial: string;
  /** Or seconds since 1970. */
  readonly at: Date | number;
  readonly reason: CrlReason;
}

/** SEQUENCE of the reasonCode extension, all but its last byte (RFC 5280 5.3.1). */
const REASON = Buffer.from('300c300a0603551d1504030a01', 'hex');
/** Two headers, a serial of 21 octets, a GeneralizedTime and a reason. */
const LONGEST = 2 + 2 + 21 + 2 + 15 + REASON.length + 1;
const FIRST_ROOM = 64 * 1024;
const DAY_S = 86_400;

/**
 * The entries of a revocation list, encoded as they come into one growing buffer: a Buffer for each of their parts would
 * cost ten times as much.
 */
export class CrlEntries {
  #bytes = Buffer.allocUnsafe(FIRST_ROOM);
  #length = 0;
  #count = 0;
  #day = Number.NaN;
  /** UTCTime at the midnight that begins `#day`. */
  #midnight: Buffer = Buffer.alloc(0);

  get count(): number {
    return this.#count;
  }

  /** The entries so far, one behind the other. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** @throws Error when the serial is not up to 20 octets of hex */
  add({ serial, at, reason }: RevokedEntry): void {
    this.#makeRoom();
    const bytes = this.#bytes;
    const begin = this.#length;
    let end = this.#writeSerial(serial, begin + 2);
    end = this.#writeTime(at, end);
    if (reason !== 'unspecified') {
      end += REASON.copy(bytes, end);
      bytes[end++] = crlReasonCodes[reason];
    }
    bytes[begin] = 0x30;
    bytes[begin + 1] = end - begin - 2;
    this.#length = end;
    this.#count++;
  }

  /** INTEGER: no leading zeros but the one that keeps it positive. */
  #writeSerial(serial: string, at: number): number {
    const bytes = this.#bytes;
    const written = bytes.write(serial, at + 3, 'hex');
    if (written * 2 !== serial.length || written === 0 || written > 20) throw new Error('not a serial number');
    let from = at + 3;
    const end = from + written;
    while (from < end - 1 && bytes[from] === 0) from++;
    if ((bytes[from]! & 0x80) !== 0) bytes[--from] = 0;
    bytes[at] = 0x02;
    bytes[at + 1] = end - from;
    bytes.copyWithin(at + 2, from, end);
    return at + 2 + end - from;
  }

  /** As `time`, of which the clock's part alone is new within a day. */
  #writeTime(at: Date | number, end: number): number {
    const second = typeof at === 'number' ? at : Math.floor(at.getTime() / 1000);
    const day = Math.floor(second / DAY_S);
    if (day !== this.#day) {
      this.#day = day;
      this.#midnight = time(new Date(day * DAY_S * 1000));
    }
    const bytes = this.#bytes;
    const next = end + this.#midnight.copy(bytes, end);
    const ofDay = second - day * DAY_S;
    digits(bytes, next - 7, Math.floor(ofDay / 3600));
    digits(bytes, next - 5, Math.floor(ofDay / 60) % 60);
    digits(bytes, next - 3, ofDay % 60);
    return next;
  }

  #makeRoom(): void {
    if (this.#length + LONGEST <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2);
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const digits = (bytes: Buffer, at: number, two: number): void => {
  bytes[at] = 0x30 + Math.floor(two / 10);
  bytes[at + 1] = 0x30 + (two % 10);
};
