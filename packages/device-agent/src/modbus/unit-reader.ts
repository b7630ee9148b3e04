import type { Clock } from '../ports/clock.js';
import { type DecodedValue, decodeRegisters, type ValueFormat } from './decode-registers.js';
import { readFunctionOf } from './pdu.js';
import { bisect, type Hole, planReads, type ReadBlock, type Wanted } from './plan-reads.js';
import type { Bus, ReadResult } from './tcp-bus.js';
import { UnitBreaker } from './unit-breaker.js';

export interface ReaderPoint extends Wanted {
  format: ValueFormat;
  /** Values outside become null with quality `bad.outOfRange`. */
  valid?: readonly [number, number];
  unit?: string;
}

export interface ReaderOptions {
  unit: number;
  maxRegs: number;
  maxGap: number;
  holes: readonly Hole[];
}

export interface UnitReadout {
  values: { point: ReaderPoint; decoded: DecodedValue }[];
  /** What went wrong, once per block, in words; empty when everything was read. */
  faults: string[];
}

/** Exception codes, Modbus Application Protocol V1.1b3, 7. */
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
const GATEWAY = new Set([10, 11]);

/**
 * Reads the points of one unit in few requests and learns what the unit cannot do: an unsupported table is not asked
 * for again, a refused address range is cut until the refused point alone is left out, a refused quantity halves.
 * An exception never becomes a value.
 */
export class UnitReader {
  readonly breaker = new UnitBreaker();
  #maxRegs: number;
  readonly #unsupported = new Set<string>();

  constructor(
    private readonly bus: Bus,
    private readonly clock: Clock,
    private readonly options: ReaderOptions,
  ) {
    this.#maxRegs = options.maxRegs;
  }

  async read(points: readonly ReaderPoint[]): Promise<UnitReadout> {
    const readout: UnitReadout = { values: [], faults: [] };
    if (!this.breaker.allows(this.clock.monotonic())) {
      readout.faults.push('unit is degraded; waiting to probe it');
      return readout;
    }
    const byKey = new Map(points.map((point) => [point.key, point]));
    const askable = points.filter((point) => !this.#unsupported.has(tagOf(point)));
    const blocks = planReads(askable, { ...this.options, maxRegs: this.#maxRegs });
    while (blocks.length > 0) {
      const block = blocks.shift()!;
      const result = await this.bus.read(this.options.unit, {
        fn: readFunctionOf(block.table),
        address: block.address,
        quantity: block.quantity,
      });
      if (result.ok) {
        this.breaker.succeeded();
        for (const at of block.points) readout.values.push(this.#decode(byKey.get(at.key)!, at, result.registers));
        continue;
      }
      const again = this.#learn(block, result);
      if (again) {
        blocks.unshift(...again);
        continue;
      }
      readout.faults.push(`${block.table} ${block.address}+${block.quantity}: ${result.detail}`);
      // The unit is silent or unreachable: the other blocks would only wait for their deadlines too.
      if (result.fault !== 'exception' || GATEWAY.has(result.code)) break;
    }
    return readout;
  }

  /** Blocks to try instead, or null when this block failed for now. */
  #learn(block: ReadBlock, result: Exclude<ReadResult, { ok: true }>): ReadBlock[] | null {
    const now = this.clock.monotonic();
    if (result.fault !== 'exception') {
      this.breaker.failed(now);
      return null;
    }
    if (GATEWAY.has(result.code)) {
      this.breaker.degrade(now);
      return null;
    }
    // Any other exception is an answer: the unit lives.
    this.breaker.succeeded();
    if (result.code === ILLEGAL_FUNCTION) {
      for (const point of block.points)
        this.#unsupported.add(tagOf({ table: block.table, address: block.address + point.offset }));
      return null;
    }
    if (result.code === ILLEGAL_VALUE && block.quantity > 1 && this.#maxRegs > 1) {
      this.#maxRegs = Math.max(1, Math.floor(Math.min(this.#maxRegs, block.quantity) / 2));
      return bisect(block);
    }
    if (result.code === ILLEGAL_ADDRESS) {
      const halves = bisect(block);
      if (halves) return halves;
      this.#unsupported.add(tagOf(block));
    }
    return null;
  }

  #decode(point: ReaderPoint, at: ReadBlock['points'][number], registers: Uint16Array): UnitReadout['values'][number] {
    const decoded = decodeRegisters(registers.subarray(at.offset, at.offset + at.width), point.format);
    const { valid } = point;
    if (decoded.value !== null && valid && (decoded.value < valid[0] || decoded.value > valid[1]))
      return { point, decoded: { value: null, quality: 'bad.outOfRange' } };
    return { point, decoded };
  }
}

const tagOf = (at: { table: string; address: number }): string => `${at.table}:${at.address}`;
