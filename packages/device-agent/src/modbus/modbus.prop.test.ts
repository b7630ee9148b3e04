import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressings, wireAddress } from './address.js';
import { decodeRegisters, type RegisterOrder, registerOrders } from './decode-registers.js';
import { decodeRead, MAX_REGISTERS, READ_HOLDING } from './pdu.js';
import { bisect, planReads, type Wanted } from './plan-reads.js';
import { encodeFrame, FrameReader } from './tcp-frame.js';

/** Writes a double the way a device with this order does; independent of the decoder. */
function registersOf(value: number, order: RegisterOrder): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const words = [0, 2, 4, 6].map((at) => view.getUint16(at, order === 'BADC' || order === 'DCBA'));
  return order === 'CDAB' || order === 'DCBA' ? words.reverse() : words;
}

const wanted = fc.uniqueArray(
  fc.record({
    key: fc.uuid(),
    table: fc.constantFrom('holding' as const, 'input' as const),
    address: fc.integer({ min: 0, max: 600 }),
    width: fc.constantFrom(1, 2, 4),
  }),
  { minLength: 1, maxLength: 60, selector: ({ key }) => key },
);
const limits = fc.record({
  maxRegs: fc.integer({ min: 4, max: 125 }),
  maxGap: fc.integer({ min: 0, max: 125 }),
  holes: fc.array(
    fc
      .record({
        table: fc.constantFrom('holding' as const, 'input' as const),
        from: fc.integer({ min: 0, max: 600 }),
        length: fc.integer({ min: 0, max: 20 }),
      })
      .map(({ table, from, length }) => ({ table, from, to: from + length })),
    { maxLength: 5 },
  ),
});

describe('Modbus', () => {
  test('any order reads back what a device of that order wrote', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
        fc.constantFrom(...registerOrders),
        (value, order) => {
          const decoded = decodeRegisters(registersOf(value, order), {
            type: 'float64',
            order,
            scale: 1,
            offset: 0,
            sentinels: [],
          });
          expect(decoded.value).toBeCloseTo(value, 2);
        },
      ),
    );
  });

  test('frames come out whole however the stream is cut', () => {
    const frame = fc.record({
      transaction: fc.integer({ min: 0, max: 0xffff }),
      unit: fc.integer({ min: 0, max: 255 }),
      pdu: fc.uint8Array({ minLength: 1, maxLength: 253 }),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map(({ transaction, unit, pdu }) => encodeFrame(transaction, unit, pdu)));
          const reader = new FrameReader();
          const seen: { transaction: number; unit: number; pdu: number[] }[] = [];
          for (let at = 0, i = 0; at < stream.length; i++) {
            const size = cuts[i % cuts.length]!;
            const { frames: whole, fault } = reader.push(stream.subarray(at, at + size));
            expect(fault).toBeNull();
            seen.push(...whole.map(({ pdu, ...rest }) => ({ ...rest, pdu: [...pdu] })));
            at += size;
          }
          expect(seen).toEqual(frames.map(({ pdu, ...rest }) => ({ ...rest, pdu: [...pdu] })));
        },
      ),
    );
  });

  test('no bytes whatever become registers unless they are exactly the answer asked for', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: MAX_REGISTERS }), (pdu, quantity) => {
        const answer = decodeRead({ fn: READ_HOLDING, address: 0, quantity }, pdu);
        if (answer.kind !== 'registers') return;
        expect(answer.registers).toHaveLength(quantity);
        expect(pdu.length).toBe(2 + 2 * quantity);
      }),
    );
  });

  test('a plan reads every point once, within the limits and never a hole between points', () => {
    fc.assert(
      fc.property(wanted, limits, (points: Wanted[], given) => {
        const blocks = planReads(points, given);
        expect(blocks.flatMap((block) => block.points.map(({ key }) => key)).sort()).toEqual(
          points.map(({ key }) => key).sort(),
        );
        const byKey = new Map(points.map((point) => [point.key, point]));
        for (const block of blocks) {
          expect(block.quantity).toBeLessThanOrEqual(given.maxRegs);
          const asked = new Set<number>();
          for (const { key, offset, width } of block.points) {
            const point = byKey.get(key)!;
            expect([block.table, block.address + offset, width]).toEqual([point.table, point.address, point.width]);
            expect(offset + width).toBeLessThanOrEqual(block.quantity);
            for (let i = 0; i < width; i++) asked.add(point.address + i);
          }
          for (let at = block.address; at < block.address + block.quantity; at++)
            if (!asked.has(at))
              expect(given.holes.some((hole) => hole.table === block.table && hole.from <= at && at <= hole.to)).toBe(
                false,
              );
        }
      }),
    );
  });

  test('halves of a block serve the same points', () => {
    fc.assert(
      fc.property(wanted, limits, (points: Wanted[], given) => {
        for (const block of planReads(points, given)) {
          const halves = bisect(block);
          if (!halves) return;
          const where = (b: typeof block) => b.points.map((p) => `${p.key}@${b.address + p.offset}`);
          expect(halves.flatMap(where).sort()).toEqual(where(block).sort());
        }
      }),
    );
  });

  test('an address is refused or lies on the wire', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...addressings),
        fc.constantFrom('holding' as const, 'input' as const),
        fc.integer({ min: -10, max: 500_000 }),
        (addressing, table, address) => {
          const wire = wireAddress(addressing, table, address);
          if (typeof wire === 'number') expect(wire >= 0 && wire <= 65_535).toBe(true);
          else expect(wire.fault).toContain(String(address));
        },
      ),
    );
  });
});
