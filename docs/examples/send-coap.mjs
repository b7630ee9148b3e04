// One telemetry message over CoAP, signed with the key of the device's certificate.
//   node docs/examples/send-coap.mjs coap://127.0.0.1:5683/t device.key device.crt [place]
import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import coap from 'coap';

const [url, keyFile, certificateFile, place] = process.argv.slice(2);
const key = createPrivateKey(readFileSync(keyFile));
const certificate = new X509Certificate(readFileSync(certificateFile));
const deviceId = /CN=([0-9a-f-]{36})/.exec(certificate.subject)[1];

const now = new Date();
const uplink = {
  msgId: `coap.${now.getTime()}`,
  deviceId,
  seqNo: now.getTime(),
  producedAt: now.toISOString(),
  schemaVersion: 1,
  readings: [{ values: { power_w: 1250.5, temperature_c: 21.5 } }],
};

const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const header = {
  alg: 'ES256',
  typ: 'uplink+jws',
  'x5t#S256': createHash('sha256').update(certificate.raw).digest('base64url'),
  ...(place === undefined ? {} : { place }),
};
const input = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(uplink))}`;
const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });

const { hostname, port, pathname } = new URL(url.replace(/^coap:/, 'http:'));
const request = coap.request({ hostname, port: Number(port || 5683), pathname, method: 'POST', confirmable: true });
request.on('response', (answer) => {
  console.log(answer.code, answer.payload.toString());
  process.exit(answer.code === '2.04' ? 0 : 1);
});
request.end(`${input}.${base64url(signature)}`);
