// What a test of the wire that is about something else gives it: loopback, nobody known, nothing told.
import { memoryLeaseStore } from '../../main/dhcp/leases.ts';

const nothing = (): void => undefined;

export const quietWire = () => ({
  options: { kind: 'loopback' as const, leases: 10 },
  lookAtKit: () => Promise.resolve(),
  stationKey: 'k'.repeat(43),
  routes: [],
  leases: memoryLeaseStore(),
  now: Date.now,
  listening: () => true,
  onRelayed: nothing,
  knownMac: () => false,
  issueToken: () => 'token',
  peekLocalBoot: () => null,
  takeLocalBoot: () => null,
  peekInstaller: () => null,
  takeInstaller: () => null,
  installerFile: () => Promise.resolve(null),
  onDhcp: nothing,
  onTftp: nothing,
  onHttp: nothing,
  onHandOut: nothing,
});
