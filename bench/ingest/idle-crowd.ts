// Devices that connect and say nothing more, in a process of their own.
import { once } from 'node:events';
import { connect } from 'node:tls';
import mqttPacket from 'mqtt-packet';
import type { BenchDevice } from './protocol.js';

const AT_ONCE = 20;

async function open({ key, certificate: cert, root: ca, deviceId }: BenchDevice, port: number): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, key, cert, ca, servername: 'localhost' });
  await once(socket, 'secureConnect');
  const parser = mqttPacket.parser({ protocolVersion: 4 });
  socket.on('data', (chunk) => parser.parse(chunk));
  const flags = { clean: true, keepalive: 600, protocolVersion: 4 } as const;
  socket.write(mqttPacket.generate({ cmd: 'connect', clientId: deviceId, ...flags }));
  const [packet] = (await once(parser, 'packet')) as [mqttPacket.Packet];
  if (packet.cmd !== 'connack' || packet.returnCode !== 0) throw new Error(`refused: ${JSON.stringify(packet)}`);
}

process.once('message', async ({ port, devices }: { port: number; devices: readonly BenchDevice[] }) => {
  for (let n = 0; n < devices.length; n += AT_ONCE)
    await Promise.all(devices.slice(n, n + AT_ONCE).map((device) => open(device, port)));
  process.send!({ connected: devices.length });
});
process.on('disconnect', () => process.exit(0));
