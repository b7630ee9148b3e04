import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { CommandClaims, ExecutionOrder, OfferClaims } from '@muster/contracts/mqtt/downlink';
import {
  type DownlinkChannel,
  devicePrefix,
  parseTopic,
  topicFor,
  type UplinkChannel,
} from '@muster/contracts/mqtt/topics';
import type { Manifest } from '@muster/contracts/releases/releases.schema';
import { issueAuthority, issueRoot } from '@muster/pki/authority/issue-authority';
import { issueDeviceLeaf, issueServerLeaf } from '@muster/pki/authority/issue-leaf';
import { fingerprintOf, generateDeviceKey, keyToPem } from '@muster/pki/client/device-key';
import { formatEnrollmentToken } from '@muster/pki/client/enrollment-token';
import { acceptRequest } from '@muster/pki/csr/accept-request';
import { generatePrivateKey, keySigner } from '@muster/pki/keys/key-signer';
import { issuerOf, signCommand } from '@muster/pki/signing/command';
import { toSigningJwk } from '@muster/pki/signing/compact';
import { signManifest } from '@muster/pki/signing/manifest';
import { signOffer } from '@muster/pki/signing/offer';
import { Aedes } from 'aedes';
import { v7 as uuidv7 } from 'uuid';

const TENANT = 'acme';
const DOMAIN = 'muster.test';
const signerFor = async (algorithm: 'ES256' | 'ES384') => keySigner(await generatePrivateKey(algorithm));

export interface Uplink {
  deviceId: string;
  channel: UplinkChannel;
  place: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever arrived
  body: Record<string, any> & { seqNo: number; stream: string; epoch: number };
}

/** Faults of the peer, for tests of what a device does about them. */
export interface WirePeerFaults {
  /** Takes uplinks and acknowledges none of them. */
  deaf: boolean;
  /** Ends an artifact answer after this many bytes, once for each entry. */
  cutDownloads: number[];
  /** Changes artifact bytes on the way. */
  corrupt: boolean;
}

/** What differs from a plain offer. */
export interface OfferWish {
  manifest?: Partial<Manifest>;
  claims?: Partial<OfferClaims>;
  order?: Partial<ExecutionOrder>;
}

/**
 * What a device meets on the wire and nothing behind it: enrolment, an MQTT broker over mutual TLS, application
 * acknowledgements, signed orders, artifacts by range. It keeps every uplink, for tests of agents without a server.
 */
export async function startWirePeer() {
  const now = new Date();
  const root = await issueRoot({ organization: 'Muster test', signer: await signerFor('ES384'), now });
  const authority = async (kind: 'device' | 'server') =>
    issueAuthority(root, { organization: 'Muster test', kind, generation: 1, signer: await signerFor('ES256'), now });
  const deviceCa = await authority('device');
  const serverCa = await authority('server');
  const serverKey = generateDeviceKey();
  const names = { hosts: ['localhost', '127.0.0.1'] as [string, string], publicKey: createPublicKey(serverKey) };
  const leaf = await issueServerLeaf(serverCa, names, { now });
  const commandKey = await signerFor('ES256');
  const releaseKey = await signerFor('ES256');
  const tls = {
    key: keyToPem(serverKey),
    cert: [leaf.pem, serverCa.pem, root.pem].join('\n'),
    ca: [deviceCa.pem, root.pem],
    requestCert: true,
  };
  const uplinks: Uplink[] = [];
  const faults: WirePeerFaults = { deaf: false, cutDownloads: [], corrupt: false };
  const artifacts = new Map<string, Buffer>();
  const certificates = new Map<string, string>();
  const downloads: { range: string | undefined; device: string | null }[] = [];

  const broker = await Aedes.createBroker({
    authenticate: (client, _user, _password, done) => {
      const { subject } = ((client.conn as TLSSocket).getPeerCertificate() ?? {}) as { subject?: { CN?: string } };
      done(null, subject?.CN === client.id);
    },
  });
  broker.on('publish', (packet, client) => {
    const topic = parseTopic(packet.topic);
    if (topic?.direction !== 'up') return;
    const body = JSON.parse(packet.payload.toString()) as Uplink['body'];
    uplinks.push({ deviceId: topic.device, channel: topic.channel, place: topic.place, body });
    if (!faults.deaf && client && body.seqNo > 0) void acknowledge(topic.device, body);
  });
  const mqttSockets = new Set<TLSSocket>();
  const mqtt = createTlsServer({ ...tls, rejectUnauthorized: true }, (socket) => {
    mqttSockets.add(socket);
    socket.on('close', () => mqttSockets.delete(socket));
    socket.on('error', () => undefined);
    broker.handle(socket);
  });
  const https = createServer({ ...tls, rejectUnauthorized: false }, (request, response) => {
    answer(request, response).catch((error) =>
      reply(response, 400, { code: error.code ?? 'internal', detail: error.message }),
    );
  });
  await Promise.all(
    [mqtt, https].map((server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  const url = `https://localhost:${portOf(https)}`;

  function send(deviceId: string, channel: DownlinkChannel, body: object): Promise<void> {
    const topic = topicFor({ tenant: TENANT, device: deviceId, direction: 'down', channel, place: null });
    return new Promise((resolve, reject) =>
      broker.publish(
        { cmd: 'publish', topic, payload: Buffer.from(JSON.stringify(body)), qos: 1, dup: false, retain: false },
        (error) => (error ? reject(error) : resolve()),
      ),
    );
  }

  function acknowledge(deviceId: string, { stream, epoch, seqNo }: Uplink['body']): Promise<void> {
    return send(deviceId, 'ack', { v: 1, stream, epoch, ranges: [[seqNo, seqNo]], refused: [] });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = Buffer.concat(await request.toArray()).toString();
    const peer = (request.socket as TLSSocket).getPeerX509Certificate();
    const known = peer ? (/CN=(.+)/.exec(peer.subject)?.[1] ?? null) : null;
    if (request.url === '/device/v1/enroll') return grant(response, JSON.parse(text).csr, uuidv7());
    if (request.url === '/device/v1/renew' && known) return grant(response, JSON.parse(text).csr, known);
    const artifact = artifacts.get(request.url ?? '');
    if (!artifact || !known) return reply(response, 404, { code: 'not_found' });
    downloads.push({ range: request.headers.range, device: known });
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    let bytes = artifact.subarray(from);
    if (faults.corrupt) bytes = Buffer.from(bytes).fill(0xff, 0, 1);
    response.writeHead(206, {
      'content-length': bytes.length,
      'content-range': `bytes ${from}-${artifact.length - 1}/${artifact.length}`,
    });
    const cut = faults.cutDownloads.shift();
    if (cut === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, cut), () => setImmediate(() => response.destroy()));
  }

  async function grant(response: ServerResponse, csr: string, deviceId: string): Promise<void> {
    const { publicKey } = await acceptRequest(csr, null);
    const issued = await issueDeviceLeaf(
      deviceCa,
      { domain: DOMAIN, tenant: TENANT, deviceId, publicKey, crlUri: 'http://muster.test/crl' },
      { now: new Date() },
    );
    certificates.set(deviceId, issued.fingerprint);
    reply(response, 201, {
      deviceId,
      tenant: TENANT,
      certificate: issued.pem,
      chain: [deviceCa.pem],
      mqttUrl: `mqtts://localhost:${portOf(mqtt)}`,
      topicPrefix: devicePrefix(TENANT, deviceId),
      serverTime: new Date().toISOString(),
      heartbeatS: 60,
      renew: {
        start: new Date(Date.now() + 45 * 86_400_000).toISOString(),
        end: new Date(Date.now() + 60 * 86_400_000).toISOString(),
      },
      trust: {
        keys: [toSigningJwk(commandKey, 'command-1', 'command'), toSigningJwk(releaseKey, 'release-1', 'manifest')],
      },
    });
  }

  /** Puts content where devices may fetch it. */
  function publish(content: Buffer): { id: string; path: string; size: number; sha256: string } {
    const id = uuidv7();
    const path = `/device/v1/artifacts/${id}`;
    artifacts.set(path, content);
    return { id, path, size: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }

  return {
    url,
    tenant: TENANT,
    uplinks,
    faults,
    downloads,
    token: formatEnrollmentToken({
      prefix: 'abcdefghij',
      secret: 'a'.repeat(32),
      rootSha256: fingerprintOf(root.pem),
    }),
    send,
    acknowledge,
    uplinksOf: (channel: UplinkChannel) => uplinks.filter((uplink) => uplink.channel === channel),
    /** Ends every session as a dying broker does. */
    cutSessions: () => {
      for (const socket of mqttSockets) socket.destroy();
    },
    command: async (
      deviceId: string,
      change: Partial<CommandClaims> & { act: string },
    ): Promise<{ schemaVersion: 1; commandId: string; jws: string }> => {
      const seconds = Math.floor(Date.now() / 1000);
      const claims: CommandClaims = {
        iss: issuerOf(DOMAIN, TENANT),
        aud: deviceId,
        jti: uuidv7(),
        seq: 1,
        iat: seconds,
        nbf: seconds,
        exp: seconds + 300,
        args: {},
        cth: certificates.get(deviceId) ?? randomBytes(32).toString('hex'),
        timeoutS: 30,
        ...change,
      };
      return { schemaVersion: 1, commandId: claims.jti, jws: await signCommand(commandKey, 'command-1', claims) };
    },
    /** Publishes an artifact and signs an offer of a release made of it, for one device. */
    offer: async (
      deviceId: string,
      version: string,
      content: Buffer,
      wish: OfferWish = {},
    ): Promise<ExecutionOrder> => {
      const { path: artifactPath, ...file } = publish(content);
      const manifest: Manifest = {
        schemaVersion: 1,
        tenant: TENANT,
        releaseId: uuidv7(),
        name: 'firmware',
        version,
        models: ['edge-gateway-100'],
        rollbackIndex: 0,
        artifact: { ...file, name: 'firmware.bin' },
        createdAt: new Date().toISOString(),
        ...wish.manifest,
      };
      const signed = await signManifest(releaseKey, 'release-1', manifest);
      const executionId = uuidv7();
      const seconds = Math.floor(Date.now() / 1000);
      const claims: OfferClaims = {
        iss: issuerOf(DOMAIN, TENANT),
        aud: deviceId,
        jti: executionId,
        iat: seconds,
        exp: seconds + 300,
        releaseId: manifest.releaseId,
        manifestSha256: createHash('sha256').update(signed).digest('hex'),
        rollback: false,
        downgrade: false,
        ...wish.claims,
      };
      return {
        schemaVersion: 1,
        action: 'offer',
        executionId,
        campaignId: uuidv7(),
        attempt: 1,
        kind: 'release',
        rollback: claims.rollback,
        manifest: signed,
        artifactPath,
        offer: await signOffer(commandKey, 'command-1', claims),
        ...wish.order,
      };
    },
    publish,
    stop: async () => {
      for (const socket of mqttSockets) socket.destroy();
      https.closeAllConnections();
      await Promise.all([mqtt, https].map((server) => new Promise((resolve) => server.close(resolve))));
      await new Promise<void>((resolve) => broker.close(resolve));
    },
  };
}
export type WirePeer = Awaited<ReturnType<typeof startWirePeer>>;

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
