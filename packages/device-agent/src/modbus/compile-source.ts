import type { ModbusSource as ModbusSourceConfig } from '@muster/contracts/configs/configs.schema';
import { wireAddress } from './address.js';
import { widthOf } from './decode-registers.js';
import type { Hole } from './plan-reads.js';
import type { ReaderOptions, ReaderPoint } from './unit-reader.js';

export interface CompiledSource {
  points: ReaderPoint[];
  reader: ReaderOptions;
}

/** A register map made ready to poll, or every fault in it, each naming its point. */
export function compileSource(
  source: ModbusSourceConfig,
): { ok: true; compiled: CompiledSource } | { ok: false; faults: string[] } {
  const faults: string[] = [];
  const keys = new Set<string>();
  const points: ReaderPoint[] = [];
  for (const point of source.points) {
    if (keys.has(point.key)) faults.push(`${point.key}: there are two points of this name`);
    keys.add(point.key);
    const width = widthOf(point.type);
    if (width > source.maxRegisters)
      faults.push(`${point.key}: needs ${width} registers, maxRegisters is ${source.maxRegisters}`);
    const address = wireAddress(source.addressing, point.table, point.address);
    if (typeof address !== 'number') {
      faults.push(`${point.key}: ${address.fault}`);
      continue;
    }
    if (address + width > 65_536) faults.push(`${point.key}: ${width} registers from ${point.address} leave the table`);
    const { order, scale, offset, type, sentinels = [], valid, unit } = point;
    points.push({
      key: point.key,
      table: point.table,
      address,
      width,
      format: { type, order, scale, offset, sentinels },
      ...(valid && { valid }),
      ...(unit !== undefined && { unit }),
    });
  }
  const holes = holesOf(source, faults);
  if (faults.length > 0) return { ok: false, faults };
  const { unitId: unit, maxRegisters: maxRegs, maxGap } = source;
  return { ok: true, compiled: { points, reader: { unit, maxRegs, maxGap, holes } } };
}

function holesOf(source: ModbusSourceConfig, faults: string[]): Hole[] {
  return (source.holes ?? []).flatMap((hole): Hole[] => {
    const from = wireAddress(source.addressing, hole.table, hole.from);
    const to = wireAddress(source.addressing, hole.table, hole.to);
    if (typeof from === 'number' && typeof to === 'number' && from <= to) return [{ table: hole.table, from, to }];
    faults.push(
      `hole ${hole.from} to ${hole.to}: not a range of ${hole.table} registers in ${source.addressing} addressing`,
    );
    return [];
  });
}
