import { isDeviceReason } from '@muster/contracts/reasons';
import { METRICS } from '@muster/runtime/metrics/metrics';
import { Inject, Injectable } from '@nestjs/common';
import { Counter, type Registry } from 'prom-client';

/** Counts what devices refused or failed at, by their reason; reasons nobody knows are one series, since devices choose them. */
@Injectable()
export class DeviceReasons {
  readonly #count: Counter<'order' | 'state' | 'code'>;

  constructor(@Inject(METRICS) metrics: Registry) {
    this.#count = new Counter({
      name: 'muster_device_reasons_total',
      help: 'Steps of commands and updates for which a device gave a reason, by state and reason.',
      labelNames: ['order', 'state', 'code'],
      registers: [metrics],
    });
  }

  /** Call after the commit of a report that changed something. */
  note(order: 'command' | 'update', state: string, code: string | null | undefined): void {
    if (code) this.#count.inc({ order, state, code: isDeviceReason(code) ? code : 'other' });
  }
}
