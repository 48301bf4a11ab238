// May and can the services be opened: device binding, rights, ports, other DHCP servers, firewall. Pure judgements.
import type { Result } from '../../agent/protocol/failure.ts';
import type { ForeignDhcpServer } from '../network/foreign-probe.ts';
import { fail, pass, warn } from './report.ts';
import type { Judgement } from './report.ts';

/** @param safe what network's safeToServe said. */
export const judgeBinding = (nicName: string, safe: Result<string>): Judgement => {
  if (!safe.ok) return fail('binding', safe.failure.message, safe.failure.next, { code: safe.failure.code });
  if (safe.value === 'device')
    return pass('binding', `A test proves that sockets bound to ${nicName} hear no other port.`, { binding: safe.value });
  return warn(
    'binding',
    `This system cannot bind sockets to ${nicName}; serving is possible because no other port is up.`,
    'Keep Wi-Fi off while serving.',
    { binding: safe.value },
  );
};

export interface Rights {
  readonly platform: string;
  readonly userId: number | null;
  /** CAP_NET_BIND_SERVICE is effective. */
  readonly mayBindLowPorts: boolean;
  /** net.ipv4.ip_unprivileged_port_start; null where there is none. */
  readonly unprivilegedPortStart: number | null;
}

/** The lowest port we need is DHCP's. */
const lowestPort = 67;

export const judgeRights = (rights: Rights): Judgement => {
  const { platform, userId, mayBindLowPorts, unprivilegedPortStart } = rights;
  const facts = { userId, mayBindLowPorts, unprivilegedPortStart };
  if (platform !== 'linux') return pass('rights', 'On this system opening the ports tells.', facts);
  if (userId === 0)
    return warn(
      'rights',
      'The station runs as root: files it writes cannot be changed by you later.',
      `Start it for your own user: ${oneRight('YOU')}.`,
      facts,
    );
  if (mayBindLowPorts) return pass('rights', 'The station has the one right it needs (CAP_NET_BIND_SERVICE).', facts);
  if (unprivilegedPortStart !== null && unprivilegedPortStart <= lowestPort)
    return pass('rights', `Every program on this computer may open ports from ${unprivilegedPortStart}.`, facts);
  return fail(
    'rights',
    'This user may not open the ports 67 and 69.',
    `Start the station with that one right: ${oneRight(String(userId ?? '$(id -u)'))}. Or allow it to every program: sudo sysctl net.ipv4.ip_unprivileged_port_start=${lowestPort}.`,
    facts,
  );
};

/** An ordinary user plus one capability; never setcap on a binary, which every program on the computer could then start. */
const oneRight = (user: string): string =>
  `pkexec setpriv --reuid=${user} --regid=${user} --init-groups --inh-caps=+net_bind_service --ambient-caps=+net_bind_service rackside serve`;

export interface PortTrial {
  readonly protocol: 'udp' | 'tcp';
  readonly port: number;
  readonly purpose: string;
  readonly outcome: 'free' | 'ours' | 'taken' | 'denied' | 'error';
  /** The failure's own words for `taken` and `error`. */
  readonly message: string;
  /** Of a taken one: what its holder wants. */
  readonly next?: string;
}

export const judgePorts = (trials: readonly PortTrial[]): Judgement => {
  const facts = Object.fromEntries(trials.map((trial) => [`${trial.protocol}-${trial.port}`, trial.outcome]));
  const name = (trial: PortTrial): string => `${trial.protocol.toUpperCase()} ${trial.port} (${trial.purpose})`;
  const bad = trials.filter((trial) => trial.outcome === 'taken' || trial.outcome === 'error');
  if (bad.length > 0)
    return fail(
      'ports',
      bad.map((trial) => trial.message).join(' '),
      [
        `Stop what holds ${bad.map(name).join(', ')}: dnsmasq, libvirt, Internet sharing and TFTP servers are the usual ones.`,
        ...new Set(bad.flatMap(({ next }) => (next === undefined || next.startsWith('Stop that program') ? [] : [next]))),
      ].join(' '),
      facts,
    );
  const denied = trials.filter((trial) => trial.outcome === 'denied');
  if (denied.length > 0)
    return warn(
      'ports',
      `Without the right to open them nobody can tell whether ${denied.map(name).join(', ')} are free.`,
      'Solve the check of rights first.',
      facts,
    );
  if (trials.every((trial) => trial.outcome === 'ours'))
    return pass('ports', `This station serves on ${trials.map(name).join(', ')}.`, facts);
  return pass('ports', `Free: ${trials.map(name).join(', ')}.`, facts);
};

/** @param probe null = not asked, because an earlier check makes the answer worthless. */
export const judgeForeignDhcp = (mode: 'server' | 'proxy', probe: Result<readonly ForeignDhcpServer[]> | null): Judgement => {
  if (probe === null)
    return warn('foreign-dhcp', 'Whether another DHCP server is on this wire was not asked.', 'Solve the checks before this one.', {
      mode,
    });
  if (!probe.ok)
    return warn('foreign-dhcp', `Whether another DHCP server is on this wire is unknown: ${probe.failure.message}`, probe.failure.next, {
      mode,
      code: probe.failure.code,
    });
  const servers = probe.value
    .map((server) => (server.rackside ? `${server.serverId} (another Rackside station)` : server.serverId))
    .join(', ');
  const facts = { mode, servers: probe.value.length === 0 ? null : servers };
  if (mode === 'server')
    return probe.value.length === 0
      ? pass('foreign-dhcp', 'Nobody else hands out addresses on this wire.', facts)
      : fail(
          'foreign-dhcp',
          `Another DHCP server answers on this wire: ${servers}.`,
          'Use an isolated switch, switch that server off, or serve beside it: --mode proxy.',
          facts,
        );
  if (probe.value.some((server) => server.rackside))
    return fail('foreign-dhcp', `Another Rackside station serves on this wire: ${servers}.`, 'Stop one of the two.', facts);
  const rival = probe.value.find(({ bootFile }) => bootFile !== null);
  if (rival !== undefined)
    return warn(
      'foreign-dhcp',
      `${rival.serverId} has machines boot "${rival.bootFile}": firmware follows the server that gives it its address, and not this station.`,
      'Take its boot entries away for the machines of this rack: next-server and filename, options 60, 66 and 67.',
      facts,
    );
  return probe.value.length > 0
    ? pass('foreign-dhcp', `${servers} hands out addresses; this station adds the boot files.`, facts)
    : warn(
        'foreign-dhcp',
        'In proxy mode someone else must hand out addresses, and nobody answered.',
        'Check that this wire leads to that server, or use --mode server on an isolated switch.',
        facts,
      );
};

/** `open`: nothing that we know is active. */
export interface Firewall {
  readonly kind: 'ufw' | 'firewalld' | 'nftables' | 'windows' | 'macos' | 'none';
}

export const judgeFirewall = ({ kind }: Firewall, nicName: string, httpPort: number, program = process.execPath): Judgement => {
  const facts = { firewall: kind };
  switch (kind) {
    case 'none':
      return pass('firewall', 'No known local firewall is active.', facts);
    case 'ufw':
      return warn(
        'firewall',
        'The firewall ufw is active and by default drops what targets send.',
        `Allow this port: sudo ufw allow in on ${nicName}.`,
        facts,
      );
    case 'firewalld':
      return warn(
        'firewall',
        'The firewall firewalld is active and by default drops what targets send.',
        `Trust this port until the next restart: sudo firewall-cmd --zone=trusted --change-interface=${nicName}.`,
        facts,
      );
    case 'windows':
      return warn(
        'firewall',
        'Windows Defender Firewall is on and drops what targets send, until a rule lets this program in.',
        `Allow it once, as administrator: netsh advfirewall firewall add rule name=Rackside dir=in action=allow program="${program}" enable=yes`,
        facts,
      );
    case 'macos':
      return warn(
        'firewall',
        'The macOS firewall is on and drops what targets send, until this program is let in.',
        `Allow it once: sudo /usr/libexec/ApplicationFirewall/socketfilterfw --add "${program}" --unblockapp "${program}". And let it use the local network when the system asks.`,
        facts,
      );
    case 'nftables':
      return warn(
        'firewall',
        'A set of nftables rules is loaded at start; whether it lets targets in cannot be read from here.',
        `Make sure that it accepts UDP 67, 69, 4011 and all ports from 1024, and TCP ${httpPort}, on ${nicName}.`,
        facts,
      );
  }
};
