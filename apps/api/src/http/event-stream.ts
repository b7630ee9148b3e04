import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { writeDrained } from './drained.js';
import type { Principal } from './principal.js';

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2_000;

export interface EventStreamOptions {
  readonly response: ServerResponse;
  readonly principal: Principal;
  /** Asks again, at every heartbeat, who this is; null ends the stream. */
  readonly stillThere: () => Promise<Principal | null>;
  /** Calls `wake` whenever there may be something new; returns how to stop that. */
  readonly subscribe: (wake: () => void) => () => void;
  /** Everything new as events (`eventText`), '' when there is nothing. */
  readonly pull: (who: Principal) => Promise<string> | string;
}

/** Takes the answer out of the framework's hands and begins it as a stream of events. */
export const beginEventStream = (reply: FastifyReply): ServerResponse => {
  reply.hijack();
  const response = reply.raw;
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value);
  return response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    // nginx would collect events before passing them on.
    'x-accel-buffering': 'no',
  });
};

export const eventText = (id: string | number, type: string, payload: unknown): string =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(payload)}\n\n`;

/**
 * One open console or client (WHATWG HTML 9.2). It pulls at the pace the socket takes, so a slow reader costs no memory;
 * one that takes nothing is cut off, comes back with Last-Event-ID and catches up.
 */
export const openEventStream = ({ response, principal, stillThere, subscribe, pull }: EventStreamOptions): void => {
  let who = principal;
  let pumping = false;
  let woken = true;
  let heartbeat: NodeJS.Timeout;

  const close = (): void => void response.destroy();
  const write = async (text: string): Promise<void> => {
    if (!response.destroyed) await writeDrained(response, text);
  };
  const pump = async (): Promise<void> => {
    if (pumping) return;
    pumping = true;
    try {
      while (woken && !response.destroyed) {
        woken = false;
        const text = await pull(who);
        if (text !== '') await write(text);
      }
    } catch {
      close();
    } finally {
      pumping = false;
    }
  };
  const beat = async (): Promise<void> => {
    const now = await stillThere().catch(() => null);
    if (!now) return close();
    who = now;
    await write(': alive\n\n').catch(close);
    if (!response.destroyed) heartbeat = setTimeout(beat, HEARTBEAT_MS);
  };

  const unsubscribe = subscribe(() => {
    woken = true;
    void pump();
  });
  response.on('close', () => {
    clearTimeout(heartbeat);
    unsubscribe();
  });
  response.on('error', close);
  response.write(`retry: ${RETRY_MS}\n\n`);
  heartbeat = setTimeout(beat, HEARTBEAT_MS);
  void pump();
};
