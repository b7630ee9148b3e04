import type { ModbusSource as ModbusSourceConfig } from '@muster/contracts/configs/configs.schema';
import type { Clock } from '../ports/clock.js';
import type { Source } from '../ports/source.js';
import { compileSource } from './compile-source.js';
import { ModbusSource } from './modbus-source.js';
import { type Bus, TcpBus } from './tcp-bus.js';
import { UnitReader } from './unit-reader.js';

/** Builds every source or none. Faults name the source; sources at one host and port share a connection, as many devices accept only one. */
export function buildModbusSources(
  configs: readonly ModbusSourceConfig[],
  clock: Clock,
): { ok: true; sources: Source[] } | { ok: false; faults: string[] } {
  const faults: string[] = [];
  const buses = new Map<string, SharedBus>();
  const sources: Source[] = [];
  const ids = new Set<string>();
  for (const config of configs) {
    if (ids.has(config.id)) faults.push(`${config.id}: there are two sources of this id`);
    ids.add(config.id);
    const built = compileSource(config);
    if (!built.ok) {
      faults.push(...built.faults.map((fault) => `${config.id}: ${fault}`));
      continue;
    }
    const bus = busFor(config, buses, clock).lease();
    const reader = new UnitReader(bus, clock, built.compiled.reader);
    const { id, place, asset = null, pollMs } = config;
    sources.push(new ModbusSource({ id, place, asset, pollMs, points: built.compiled.points }, bus, reader, clock));
  }
  return faults.length > 0 ? { ok: false, faults } : { ok: true, sources };
}

function busFor(config: ModbusSourceConfig, buses: Map<string, SharedBus>, clock: Clock): SharedBus {
  const address = `${config.host}:${config.port}`;
  const known = buses.get(address);
  if (known) return known;
  const { host, port, timeoutMs, retries = 1, interRequestDelayMs = 0, unitEcho = 'strict' } = config;
  const bus = new SharedBus(new TcpBus({ host, port, timeoutMs, retries, interRequestDelayMs, unitEcho }, clock));
  buses.set(address, bus);
  return bus;
}

/** Closes the bus with its last user. */
class SharedBus {
  #users = 0;

  constructor(private readonly bus: Bus) {}

  lease(): Bus {
    this.#users++;
    let mine = true;
    return {
      counters: this.bus.counters,
      read: (unit, request) => this.bus.read(unit, request),
      close: async () => {
        if (!mine) return;
        mine = false;
        if (--this.#users === 0) await this.bus.close();
      },
    };
  }
}
