/**
 * Modbus over TCP framing (Modbus Messaging on TCP/IP V1.0b, 3.1.3): a seven byte MBAP header
 * `transaction u16 | protocol u16 = 0 | length u16 | unit u8`, then the PDU. `length` counts the unit byte.
 */
const HEADER = 7;
/** Unit byte and at least a function code. */
const MIN_LENGTH = 2;
/** Unit byte and the largest PDU of 253 bytes. */
const MAX_LENGTH = 254;

export interface TcpFrame {
  transaction: number;
  unit: number;
  pdu: Uint8Array;
}

export function encodeFrame(transaction: number, unit: number, pdu: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + pdu.length);
  frame.writeUInt16BE(transaction, 0);
  frame.writeUInt16BE(0, 2);
  frame.writeUInt16BE(pdu.length + 1, 4);
  frame.writeUInt8(unit, 6);
  frame.set(pdu, HEADER);
  return frame;
}

/** Cuts a byte stream into frames, whatever way TCP split or joined them. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /**
   * Takes the next bytes. Returns the frames now complete, and a fault when the stream can no longer be cut into frames;
   * after a fault the only cure is a new connection.
   */
  push(bytes: Uint8Array): { frames: TcpFrame[]; fault: string | null } {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes]);
    const frames: TcpFrame[] = [];
    while (this.#held.length >= HEADER) {
      const protocol = this.#held.readUInt16BE(2);
      if (protocol !== 0) return { frames, fault: `protocol id ${protocol} is not Modbus` };
      const length = this.#held.readUInt16BE(4);
      if (length < MIN_LENGTH || length > MAX_LENGTH)
        return { frames, fault: `frame length ${length} is not 2 to 254` };
      const end = HEADER - 1 + length;
      if (this.#held.length < end) break;
      frames.push({
        transaction: this.#held.readUInt16BE(0),
        unit: this.#held.readUInt8(6),
        pdu: this.#held.subarray(HEADER, end),
      });
      this.#held = this.#held.subarray(end);
    }
    return { frames, fault: null };
  }
}
