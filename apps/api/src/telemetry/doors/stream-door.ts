import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { MAX_UPLINK_BYTES } from '@muster/contracts/mqtt/uplink';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { WebSocketServer } from 'ws';
import { DeviceIdentity, type KnownDevice } from '../../device-door/device-identity.js';
import { toRefusal } from '../../http/problem.filter.js';
import { RateLimits } from '../../http/rate-limits.js';
import { Refusal } from '../../http/refusal.js';
import { StreamSessions } from './stream-sessions.js';

const PATH = '/device/v1/stream';

/**
 * `wss://HOST:8443/device/v1/stream`: a WebSocket for devices that cannot speak MQTT, on the port and by the certificate of
 * the device API. Compression is left to the messages themselves: per connection it costs memory for each device.
 */
@Injectable()
export class StreamDoor implements OnApplicationBootstrap {
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_UPLINK_BYTES,
    clientTracking: false,
  });

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly identity: DeviceIdentity,
    private readonly limits: RateLimits,
    private readonly sessions: StreamSessions,
  ) {}

  onApplicationBootstrap(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // Until the session listens, nobody else would hear of a peer that is gone, and the process would end of it.
      socket.on('error', () => socket.destroy());
      this.#admit(request).then(
        (device) => this.#upgrades.handleUpgrade(request, socket, head, (open) => this.sessions.open(open, device)),
        (error: unknown) => refuse(socket, toRefusal(error)),
      );
    });
  }

  async #admit(request: IncomingMessage): Promise<KnownDevice> {
    this.limits.chargeAddress(request.socket.remoteAddress ?? '');
    if ((request.url ?? '').split('?', 1)[0] !== PATH) throw new Refusal('not_found');
    // Devices send no Origin; a page in the browser of somebody who has a device's certificate does.
    if (request.headers.origin !== undefined) throw new Refusal('origin_refused');
    const certificate = (request.socket as TLSSocket).getPeerX509Certificate();
    if (!certificate) throw new Refusal('certificate_unknown', 'Present the certificate of a device.');
    const device = await this.identity.ofCertificate(certificate);
    this.limits.chargeCaller(device.deviceId);
    return { ...device, address: request.socket.remoteAddress };
  }
}

const refuse = (socket: Duplex, { status, code, message, headers }: Refusal): void => {
  const problem = { type: `/problems/${code}`, title: STATUS_CODES[status], status, code, detail: message };
  const body = JSON.stringify(problem);
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
  }).map(([name, value]) => `${name}: ${value}`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
};
