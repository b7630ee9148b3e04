import { z } from 'zod';
import { ReleaseFault } from './behaviour.js';
import { chance } from './chance.js';
import type { Fleet } from './fleet.js';
import { SensorFault } from './sensor-faults.js';
import type { SimulatedDevice } from './simulated-device.js';

const Selection = z.object({
  site: z.string().optional(),
  model: z.string().optional(),
  share: z.number().min(0).max(1).default(1),
});
const at = { atS: z.number().min(0), select: Selection.default({ share: 1 }) };

/** What happens to a fleet, by seconds since it started. */
export const Scenario = z.object({
  timeline: z.array(
    z.discriminatedUnion('do', [
      z.object({ ...at, do: z.literal('offline'), forS: z.number().min(0) }),
      z.object({ ...at, do: z.literal('clock'), byMs: z.number() }),
      z.object({
        ...at,
        do: z.literal('release_fault'),
        version: z.string().default('*'),
        fault: ReleaseFault.nullable(),
      }),
      z.object({ ...at, do: z.literal('edit_config'), change: z.record(z.string(), z.unknown()) }),
      z.object({ ...at, do: z.literal('sensor_fault'), fault: SensorFault, lift: z.boolean().default(false) }),
      z.object({ ...at, do: z.literal('crash') }),
    ]),
  ),
});
export type Scenario = z.infer<typeof Scenario>;
type Event = Scenario['timeline'][number];

/** Sets the events of a scenario on the clock. The returned function takes the outstanding ones off again. */
export function playScenario(fleet: Fleet, scenario: Scenario): () => void {
  const timers = scenario.timeline.map((event, index) =>
    setTimeout(() => happen(fleet, event, index, timers), event.atS * 1000),
  );
  return () => {
    for (const timer of timers) clearTimeout(timer);
  };
}

function happen(fleet: Fleet, event: Event, index: number, timers: NodeJS.Timeout[]): void {
  for (const device of chosen(fleet, event, index)) {
    if (event.do === 'offline') {
      void device.setOffline(true);
      timers.push(setTimeout(() => void device.setOffline(false), event.forS * 1000));
    } else if (event.do === 'clock') device.setClockOffset(event.byMs);
    else if (event.do === 'release_fault') device.faults.given.set(event.version, event.fault);
    else if (event.do === 'sensor_fault') device.setSensorFault(event.fault, event.lift);
    else if (event.do === 'edit_config') void device.agent?.editConfig(event.change as never);
    else void device.crash();
  }
}

function chosen(fleet: Fleet, { select }: Event, index: number): SimulatedDevice[] {
  return fleet.devices.filter(
    (device) =>
      (select.site === undefined || device.plan.site === select.site) &&
      (select.model === undefined || device.plan.description.model === select.model) &&
      chance('scenario', index, device.serial) < select.share,
  );
}
