/** Whom a device believes. */
export interface TlsTrust {
  /** The roots, PEM, one after another. */
  root: string;
  /** The latest a server said it was, RFC 3339: what ended before is refused even where our own clock is wrong. */
  serverTime?: string;
}

/** What a device proves itself with: PEM, the certificate leaf first, then its issuers. */
export interface TlsIdentity extends TlsTrust {
  key: string;
  certificate: string;
}

/** The same as one PKCS #12 file. */
export interface Pkcs12 {
  pfx: Uint8Array;
  passphrase: string;
}

export interface MqttOptions extends TlsIdentity {
  url: string;
  clientId: string;
  keepaliveS: number;
  connectTimeoutMs: number;
  will: { topic: string; payload: string };
}

/** One MQTT session. It never reconnects by itself: the link decides when, with its own backoff. */
export interface MqttSession {
  /** Resolves with the broker's PUBACK, which says nothing about durability; rejects when the session ends first. */
  publish(topic: string, payload: string | Uint8Array): Promise<void>;
  subscribe(filter: string): Promise<void>;
  onMessage(listener: (topic: string, payload: Uint8Array) => void): void;
  /** Called once, with the reason, however the session ends. */
  onClose(listener: (reason: string) => void): void;
  /** Ends the session; a polite end does not fire the Will. */
  end(polite: boolean): Promise<void>;
}

export interface HttpRequest {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
  tls: TlsTrust & Partial<TlsIdentity> & Partial<Pkcs12>;
  /** Longest silence, in milliseconds, before the exchange counts as lost. */
  idleTimeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: AsyncIterable<Uint8Array>;
}

/** The ways out of a device. All connections are outbound. */
export interface Net {
  mqtt(options: MqttOptions): Promise<MqttSession>;
  request(request: HttpRequest): Promise<HttpAnswer>;
  /** The root certificate, as PEM, of the server at this URL if its SHA-256 is `pin`; refuses with an error otherwise. */
  pinnedRoot(url: string, pin: string): Promise<string>;
}

/** Collects a small body. Throws when it is larger than `limit` bytes. */
export async function readText(answer: HttpAnswer, limit = 256 * 1024): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.length;
    if (size > limit) throw new Error(`answer is larger than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
