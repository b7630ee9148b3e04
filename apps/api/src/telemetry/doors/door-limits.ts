/** How much and how long the doors beside MQTT hold; tests make it small. */
export interface DoorLimits {
  /** Messages of all doors that may wait for their commit at once. */
  readonly underWay: number;
  /** An answer over HTTP comes within this time, in ms, or says that it cannot. */
  readonly httpAnswerMs: number;
  /** Below the 2 s after which a CoAP client sends again (RFC 7252 4.8). */
  readonly coapAnswerMs: number;
  /** Uplinks over CoAP whose device is looked up or whose commit is waited for at once, whether answered by then or not. */
  readonly coapUnderWay: number;
  /** Messages of one WebSocket session that may wait before its socket is read no further. */
  readonly streamUnderWay: number;
  /** A WebSocket session from which nothing was heard for so long is ended; it is pinged at half of it. */
  readonly streamIdleMs: number;
  /** Acknowledgements of a session are this far apart, in ms. */
  readonly streamAckMs: number;
  /** How long a shutdown waits for what is under way. */
  readonly shutdownMs: number;
}

export const DOOR_LIMITS = Symbol('door limits');

export const doorLimits: DoorLimits = {
  underWay: 4_000,
  httpAnswerMs: 8_000,
  coapAnswerMs: 1_500,
  coapUnderWay: 1_000,
  streamUnderWay: 64,
  streamIdleMs: 60_000,
  streamAckMs: 1_000,
  shutdownMs: 5_000,
};
