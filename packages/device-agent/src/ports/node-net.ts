import { request as httpsRequest } from 'node:https';
import { fetchPinnedRoot } from '@muster/pki/client/fetch-pinned-root';
import { type IClientOptions, MqttClient } from 'mqtt';
import { sessionOver } from './mqtt-session.js';
import type { HttpAnswer, HttpRequest, MqttOptions, MqttSession, Net } from './net.js';
import { openTls } from './tls-socket.js';

/** The outside world over Node's sockets: HTTPS and MQTT 3.1.1, both over TLS 1.2 or later. */
export const nodeNet: Net = { mqtt: openMqtt, request: openHttp, pinnedRoot };

async function openMqtt(options: MqttOptions): Promise<MqttSession> {
  const { hostname, port } = new URL(options.url);
  const socket = await openTls({
    host: bare(hostname),
    port: Number(port || 8883),
    tls: options,
    timeoutMs: options.connectTimeoutMs,
  });
  const wanted: IClientOptions = {
    clientId: options.clientId,
    protocolVersion: 4,
    // Nothing relies on the broker's queue: the server sends what is pending after the first heartbeat.
    clean: true,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    queueQoSZero: false,
    will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: false },
  };
  const client = new MqttClient(() => socket, wanted);
  // A second error of a connection that is over already has nobody else to tell.
  client.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) => {
      client.end(true);
      reject(error);
    };
    const ended = () => refuse(new Error('the broker closed the connection'));
    client.once('error', refuse);
    client.once('close', ended);
    client.once('connect', () => {
      client.removeListener('error', refuse);
      client.removeListener('close', ended);
      resolve();
    });
  });
  return sessionOver(client);
}

async function openHttp(wanted: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(wanted.url);
  const { idleTimeoutMs, signal } = wanted;
  // One connection a request: a pooled one would go on presenting the certificate that a renewal replaced.
  const socket = await openTls({
    host: bare(url.hostname),
    port: Number(url.port || 443),
    tls: wanted.tls,
    timeoutMs: idleTimeoutMs,
    ...(signal && { signal }),
  });
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method: wanted.method,
      headers: {
        'accept-encoding': 'identity',
        ...wanted.headers,
        ...(wanted.body !== undefined && { 'content-length': String(Buffer.byteLength(wanted.body)) }),
      },
      createConnection: () => socket,
      timeout: idleTimeoutMs,
      ...(signal && { signal }),
    });
    request.on('timeout', () => request.destroy(new Error(`no byte within ${idleTimeoutMs} ms`)));
    request.on('error', reject);
    request.on('response', (response) => {
      const headers: Record<string, string> = {};
      for (const [name, value] of Object.entries(response.headers))
        if (value !== undefined) headers[name] = String(value);
      resolve({ status: response.statusCode ?? 0, headers, body: response });
    });
    request.end(wanted.body);
  });
}

/** The one connection that trusts nobody: it takes the root by its digest and sends nothing. */
function pinnedRoot(url: string, pin: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return fetchPinnedRoot({ host: bare(hostname), port: Number(port || 443) }, pin);
}

/** URLs write IPv6 addresses in brackets, sockets do not. */
const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');
