// What a capture found of its source's identity, for the page of an image: something of every outcome.
import type { IdentityFinding, IdentityReport } from '../../agent/protocol/identity.ts';

const file = (sizeBytes: number) => ({ type: 'file' as const, sizeBytes, sha256: 'a'.repeat(64) });
const finding = (given: Pick<IdentityFinding, 'kind' | 'path' | 'what' | 'outcome'> & Partial<IdentityFinding>): IdentityFinding => ({
  volume: 'partition 2 (ext4, root)',
  value: null,
  was: file(33),
  now: null,
  note: '',
  ...given,
});
const NEW_KEYS = 'New ones are made before sshd starts.';

export const CAPTURED_IDENTITY: IdentityReport = {
  neutralise: ['machine-id', 'ssh-host-keys', 'credentials'],
  findings: [
    finding({ kind: 'machine-id', path: '/etc/machine-id', what: 'the machine id', outcome: 'reset', now: file(0) }),
    finding({ kind: 'ssh-host-keys', path: '/etc/ssh/ssh_host_ed25519_key', what: 'a private key', outcome: 'removed', note: NEW_KEYS }),
    finding({ kind: 'ssh-host-keys', path: '/etc/ssh/ssh_host_rsa_key', what: 'a private key', outcome: 'removed', note: NEW_KEYS }),
    finding({
      kind: 'ssh-host-keys',
      path: '/etc/systemd/system/ssh-keygen.service',
      what: 'a unit that makes keys',
      outcome: 'added',
      was: null,
      now: file(212),
    }),
    finding({ kind: 'hostname', path: '/etc/hostname', what: 'the host name', outcome: 'found', value: 'vault-01' }),
    finding({
      kind: 'credentials',
      path: '/etc/wireguard/wg0.conf',
      what: 'a private network',
      outcome: 'left',
      note: 'Take it out by hand before the capture; the tunnel would have two ends of one name.',
    }),
  ],
  more: 0,
  problems: [
    {
      volume: 'partition 3 (LUKS)',
      code: 'identity.encrypted',
      message: 'The volume is encrypted, so that nothing in it was looked at.',
      next: 'What is in it goes along as it is: look at it on a copy.',
    },
  ],
};
