import { tailTelemetry } from '@muster/contracts/telemetry/telemetry.routes';
import type { TailEvent } from '@muster/contracts/telemetry/telemetry.schema';
import { useEffect, useRef, useState } from 'react';
import { urlFor } from '../../api/call.js';
import type { LiveReading } from './append-readings.js';

/** Charts are drawn anew at most this often, however much a device sends. */
const DRAW_MS = 250;
/** Readings kept; older ones are in the next answer of the series. */
const KEPT = 4_000;
const RETRY_MS = 15_000;

export interface LiveTail {
  readonly readings: readonly LiveReading[];
  /** `absent`: nobody streams, so whoever shows the series asks for it again and again. */
  readonly state: 'off' | 'connecting' | 'live' | 'absent';
}

/** What a device sends while one watches, by server-sent events; ends with `on`. */
export const useLiveTail = (deviceId: string, on: boolean): LiveTail => {
  const [state, setState] = useState<LiveTail['state']>('off');
  const [readings, setReadings] = useState<readonly LiveReading[]>([]);
  const waiting = useRef<LiveReading[]>([]);
  useEffect(() => {
    if (!on) return setState('off');
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout> | null = null;
    let draw: ReturnType<typeof setTimeout> | null = null;
    const flush = () => {
      draw = null;
      const news = waiting.current.splice(0);
      setReadings((was) => [...was, ...news].slice(-KEPT));
    };
    const connect = () => {
      setState((was) => (was === 'absent' ? was : 'connecting'));
      source = new EventSource(urlFor(tailTelemetry.path, { deviceId }));
      source.onopen = () => setState('live');
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return;
        setState('absent');
        retry = setTimeout(connect, RETRY_MS);
      };
      source.addEventListener('readings', (event) => {
        const { place, readings: news } = JSON.parse((event as MessageEvent<string>).data) as TailEvent;
        const heardAt = Date.now();
        for (const { metric, t, value, quality } of news)
          waiting.current.push({ metric, place, t, value, quality, heardAt });
        draw ??= setTimeout(flush, DRAW_MS);
      });
    };
    connect();
    return () => {
      if (retry) clearTimeout(retry);
      if (draw) clearTimeout(draw);
      waiting.current = [];
      setReadings([]);
      source.close();
    };
  }, [deviceId, on]);
  return { readings, state };
};
