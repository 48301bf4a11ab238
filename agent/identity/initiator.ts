// The name of the iSCSI initiator (open-iscsi). Red Hat's unit writes a new one where there is no file; Debian's wants a file, and makes
// the name where that says so.
import type { Found } from './found.ts';
import type { Tree } from './tree.ts';
import { textOf } from './tree.ts';

const PATH = '/etc/iscsi/initiatorname.iscsi';
const DEBIAN_SCRIPT = ['/usr/lib/open-iscsi/startup-checks.sh', '/lib/open-iscsi/startup-checks.sh'];

export const findInitiator = async (tree: Tree): Promise<readonly Found[]> => {
  const value = /^\s*InitiatorName\s*=\s*(\S+)/m.exec((await textOf(tree, PATH)) ?? '')?.[1];
  if (value === undefined) return [];
  let byScript = false;
  for (const script of DEBIAN_SCRIPT) byScript ||= (await tree.stat(script)) !== null;
  const edit: Found['edit'] = byScript ? { do: 'write', bytes: Buffer.from('GenerateName=yes\n') } : { do: 'remove' };
  const note = 'The iSCSI initiator makes a new name when it starts; tell it to the storage.';
  return [{ kind: 'storage', what: 'name of the iSCSI initiator', path: PATH, value: value.slice(0, 223), edit, note }];
};
