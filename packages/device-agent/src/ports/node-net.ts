import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { fetchPinnedRoot } from '@muster/pki/client/fetch-pinned-root';
import { connectAsync, type IClientOptions } from 'mqtt';
import { sessionOver } from './mqtt-session.js';
import type { HttpAnswer, HttpRequest, MqttOptions, MqttSession, Net } from './net.js';

/** TLS forbids naming an address in SNI (RFC 6066 3). */
const nameFor = (host: string) => (isIP(host) ? {} : { servername: host });

/** The outside world over Node's sockets: HTTPS and MQTT 3.1.1, both over TLS 1.2 or later. */
export const nodeNet: Net = { mqtt: openMqtt, request: openHttp, pinnedRoot };

async function openMqtt(options: MqttOptions): Promise<MqttSession> {
  const { hostname } = new URL(options.url);
  const client = await connectAsync(
    options.url,
    {
      clientId: options.clientId,
      protocolVersion: 4,
      // Nothing relies on the broker's queue: the server sends what is pending after the first heartbeat.
      clean: true,
      keepalive: options.keepaliveS,
      connectTimeout: options.connectTimeoutMs,
      reconnectPeriod: 0,
      queueQoSZero: false,
      will: { topic: options.will.topic, payload: Buffer.from(options.will.payload), qos: 1, retain: false },
      key: options.key,
      cert: options.certificate,
      ca: options.root,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...nameFor(hostname),
      // mqtt.js hands unknown options on to tls.connect, but does not list them in its type.
    } as unknown as IClientOptions,
    false,
  );
  return sessionOver(client);
}

function openHttp(wanted: HttpRequest): Promise<HttpAnswer> {
  const url = new URL(wanted.url);
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, {
      method: wanted.method,
      headers: {
        'accept-encoding': 'identity',
        ...wanted.headers,
        ...(wanted.body !== undefined && { 'content-length': String(Buffer.byteLength(wanted.body)) }),
      },
      ca: wanted.tls.root,
      ...(wanted.tls.key && { key: wanted.tls.key, cert: wanted.tls.certificate }),
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      // A pooled connection would go on presenting the certificate that a renewal replaced.
      agent: false,
      timeout: wanted.idleTimeoutMs,
      ...(wanted.signal && { signal: wanted.signal }),
      ...nameFor(url.hostname),
    });
    request.on('timeout', () => request.destroy(new Error(`no byte within ${wanted.idleTimeoutMs} ms`)));
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
  return fetchPinnedRoot({ host: hostname, port: Number(port || 443) }, pin);
}
