import type { Clock } from '@muster/device-agent/ports/clock';
import type { PowerReading } from '@muster/device-agent/ports/power-source';
import type { Point, Reading } from '@muster/device-agent/ports/source';
import { chance } from './chance.js';

/** Where the sun of a site stands: hours by which local solar time runs ahead of UTC. */
export interface Place {
  solarOffsetH: number;
  /** Highest elevation of the sun, 0 to 1: how much a panel yields at noon. */
  sunshine: number;
  /** Mean outdoor temperature, °C. */
  temperatureC: number;
}

const DAY_MS = 86_400_000;
const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Smooth chance: a value between -1 and 1 that drifts over `periodMs`, the same at the same time. */
function drift(at: number, periodMs: number, ...words: (string | number)[]): number {
  const step = Math.floor(at / periodMs);
  const within = at / periodMs - step;
  const ease = within * within * (3 - 2 * within);
  const from = chance(...words, step);
  const to = chance(...words, step + 1);
  return (from + (to - from) * ease) * 2 - 1;
}

/** What a device at a site measures at a moment: a site's load with its morning and evening, sun, weather, itself. */
export function signalsAt(at: Date, serial: string, place: Place): Point[] {
  const ms = at.getTime();
  const hour = (((ms / 3_600_000 + place.solarOffsetH) % 24) + 24) % 24;
  const size = 0.6 + chance(serial, 'size') * 0.9;
  const bump = (center: number, width: number) => {
    const away = ((hour - center + 36) % 24) - 12;
    return Math.exp(-(away * away) / (2 * width * width));
  };
  const base = 350 + 900 * bump(7.5, 1.3) + 650 * bump(13, 3) + 1_900 * bump(19.2, 2.1);
  const load = base * size * (1 + 0.12 * drift(ms, 600_000, serial, 'load')) + 40 * drift(ms, 30_000, serial, 'hum');
  const clouds = 0.75 + 0.25 * drift(ms, 1_200_000, Math.round(place.solarOffsetH * 10), 'clouds');
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI)) * place.sunshine * clouds;
  const dayNumber = Math.floor(ms / DAY_MS);
  return [
    { metric: 'power_w', value: round(Math.max(20, load), 1), unit: 'W' },
    { metric: 'solar_w', value: round(4_200 * sun * size, 1), unit: 'W' },
    { metric: 'voltage_v', value: round(230 + 3.5 * drift(ms, 300_000, serial, 'volt') - load / 900, 1), unit: 'V' },
    {
      metric: 'temperature_c',
      value: round(
        place.temperatureC + 5 * Math.sin(((hour - 9) / 12) * Math.PI) + 1.5 * drift(ms, 3_600_000, serial, 'air'),
        1,
      ),
      unit: '°C',
    },
    // A counter never runs back: whole days at the mean, plus the share of this day.
    { metric: 'energy_kwh', value: round((dayNumber - 20_000) * 19 * size + (hour / 24) * 19 * size, 2), unit: 'kWh' },
    { metric: 'system.cpu_percent', value: round(12 + 9 * (1 + drift(ms, 60_000, serial, 'cpu')), 1), unit: '%' },
    { metric: 'system.memory_used_percent', value: round(41 + 6 * drift(ms, 900_000, serial, 'mem'), 1), unit: '%' },
  ];
}

/** What an ailing release does to one metric. */
export interface Shift {
  metric: string;
  by: number;
}

/** What sensors make of what there is to measure. */
export type Sensing = (at: Date) => Point[];

/** One sample of all signals now, one of them shifted when the device is not well. */
export const sampleSignals =
  (clock: Clock, sense: Sensing, shift: () => Shift | null = () => null): (() => Promise<Reading[]>) =>
  async () => {
    const at = clock.now();
    const wrong = shift();
    const points = sense(at).map((point) =>
      wrong?.metric === point.metric && point.value !== null
        ? { ...point, value: round(point.value + wrong.by, 2) }
        : point,
    );
    return [{ place: null, asset: null, at, points }];
  };

/** One device of six has a solar panel and a battery, the others a socket. */
export function powerAt(at: Date, serial: string, place: Place): PowerReading {
  if (chance(serial, 'supply') >= 1 / 6) return { source: 'mains' };
  const hour = (((at.getTime() / 3_600_000 + place.solarOffsetH) % 24) + 24) % 24;
  const sun = Math.max(0, Math.sin(((hour - 6) / 12) * Math.PI));
  // Fullest in the late afternoon, emptiest before sunrise.
  const level = 62 + 30 * Math.sin(((hour - 11) / 12) * Math.PI) + 8 * (chance(serial, 'battery') * 2 - 1);
  return { source: sun > 0.15 ? 'mains' : 'battery', batteryPercent: Math.round(Math.min(100, Math.max(5, level))) };
}

/** Bytes free on a device; one of a hundred is nearly full. */
export const freeDiskOf = (serial: string): number =>
  chance(serial, 'disk') < 0.01 ? 48e6 : Math.round(1e9 + chance(serial, 'disk size') * 14e9);

/** Readings every `stepMs` for the last `spanMs`, oldest first, cut into messages that the contract takes. */
export function pastSignals(now: Date, sense: Sensing, spanMs: number, stepMs: number) {
  const bodies: { producedAt: Date; body: { readings: { dtMs: number; values: Record<string, number | null> }[] } }[] =
    [];
  const times: number[] = [];
  for (let at = Math.floor((now.getTime() - spanMs) / stepMs) * stepMs; at < now.getTime() - stepMs; at += stepMs)
    times.push(at);
  // The contract takes offsets up to an hour.
  const perMessage = Math.floor(3_600_000 / stepMs);
  for (let i = 0; i < times.length; i += perMessage) {
    const part = times.slice(i, i + perMessage);
    const last = part.at(-1)!;
    const readings = part.map((at) => ({
      dtMs: at - last,
      values: Object.fromEntries(sense(new Date(at)).map((point) => [point.metric, point.value])),
    }));
    bodies.push({ producedAt: new Date(last), body: { readings } });
  }
  return bodies;
}
