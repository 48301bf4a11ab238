// What `safeToServe` says on a system without device binding. Argument: the interface.
import { listNics } from '../../main/network/nics.ts';
import { safeToServe } from '../../main/network/prove-binding.ts';

const nic = listNics().find(({ name }) => name === process.argv[2]);
console.log(
  JSON.stringify(await safeToServe({ nic: nic ?? { name: 'none', index: null }, address: nic?.addresses[0]?.address ?? '', native: null })),
);
