// What facts and tests are called in speech and in the rules of other tools (inventories, provisioning servers, task sequences): only
// for "did you mean", never read as such.
import type { OPERATORS } from './tests.ts';

/** Names without case, points, blanks, hyphens and underscores. */
const OF_FACTS: Readonly<Record<string, string>> = {
  manufacturer: 'vendor make maker systemvendor vendorname systemmanufacturer',
  model: 'product productname systemproduct systemproductname computermodel',
  'system.serial': 'serial serialno serialnumber sn servicetag systemserialnumber',
  'system.uuid': 'uuid guid smbiosguid productuuid',
  'system.family': 'family productfamily',
  'system.sku': 'sku skunumber',
  'asset.tag': 'asset tag assettag assetnumber chassisassettag',
  'board.manufacturer': 'boardvendor baseboardmanufacturer motherboardvendor',
  'board.model': 'boardname boardproduct boardproductname baseboardproduct baseboardname motherboard mainboard',
  'board.serial': 'boardserialnumber baseboardserial baseboardserialnumber',
  'chassis.type': 'chassis chassistypes formfactor',
  'chassis.enclosure': 'enclosure',
  'machine.kind': 'kind type isvirtual virtual isvm vm virtualmachine hypervisor islaptop isdesktop isserver isblade hardwaretype',
  'blade.slot': 'slot slotnumber bay baynumber serverbay node',
  'firmware.kind': 'firmware uefi efi isuefi bootmode pcbios biosmode',
  'firmware.vendor': 'biosvendor',
  'firmware.version': 'bios biosversion smbiosbiosversion',
  'firmware.date': 'biosdate biosreleasedate',
  'secure-boot': 'secureboot uefisecureboot',
  'tpm.version': 'tpm tpmspecversion',
  architecture: 'arch cpuarch hardwareisa',
  'cpu.model': 'cpu cpuname processor processor0 processorname',
  'cpu.vendor': 'cpumanufacturer processormanufacturer',
  'cpu.count': 'cpus sockets processors numcpus cpusockets processorcount physicalprocessorcount socketcount',
  'cpu.cores': 'cores corecount numcores corescount processorcores',
  'cpu.threads': 'threads vcpus logicalprocessors logicalcpus',
  'memory.size': 'memory ram mem memorysize memorymb memorysizemb memorytotal totalmemory physicalmemory memorykb memorygb',
  'memory.modules': 'dimms memorydimms memorymodule',
  'disk.sizes': 'disk disks disksize size drives blockdevices rootdisk localgb storage',
  'disk.total': 'totaldisk disktotal storagetotal',
  'disk.count': 'numdisks diskcount drivecount physicaldiskcount',
  'disk.kinds': 'disktype diskkind rotational ssd hdd',
  'disk.transports': 'bus diskbus interface',
  'nic.macs': 'mac macs macaddress macaddresses nic nics interfaces networkinterfaces',
  'nic.pci-ids': 'nicmodel nicvendor',
  'nic.drivers': 'nicdriver',
  'nic.speeds': 'nicspeed linkspeed speed',
  'pci.ids': 'gpu gpus gpuvendor gpumodel pcidevice pcidevices pciid pnpid video',
  'network.boot-mac': 'bootmac bootmacaddress bootif',
  'network.address': 'ip ipaddress ipaddr address ipv4',
  'network.subnet': 'subnet network gateway defaultgateway cidr netmask',
  'network.switch': 'switch switchname lldpswitch lldpsystemname switchsystemname',
  'network.port': 'port switchport lldpport switchportid',
  'network.vlan': 'vlan vlanid',
  'ipmi.serial': 'bmc ipmi bmcserial',
  'rack.position': 'position rack rackunit rackposition location',
  user: 'owner username userid',
  role: 'hostgroup group profile',
  'input.hostname': 'hostname fqdn computername osdcomputername name',
  'input.site': 'site zone pool datacenter',
};
const FACT_OF = new Map(Object.entries(OF_FACTS).flatMap(([fact, names]) => names.split(' ').map((name) => [name, fact] as const)));

/** The fact that is called so elsewhere, or null. */
export const factCalled = (name: string): string | null => FACT_OF.get(name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')) ?? null;

const OF_TESTS: Readonly<Partial<Record<(typeof OPERATORS)[number], string>>> = {
  equal: 'equals eq is == = === value istrue isfalse equalto',
  in: 'oneof anyof any isin memberof inset',
  glob: 'like contains has startswith endswith beginswith wildcard ilike fnmatch',
  matches: 'regex regexp match matchesregex pattern ~ =~ ~= re',
  atLeast: 'min gte ge >= => greaterthanorequal greaterorequal minimum from',
  atMost: 'max lte le <= =< lessthanorequal lessorequal maximum upto',
  moreThan: 'gt greaterthan greater > more above over',
  lessThan: 'lt less < below under',
  between: 'range inrange within',
  present: 'exists known defined isset isempty isnone isnull notempty notnull',
  cidr: 'subnet innet network insubnet innetwork',
};
const TEST_OF = new Map(Object.entries(OF_TESTS).flatMap(([test, names]) => names.split(' ').map((name) => [name, test] as const)));

/** The test that is called so elsewhere, or null. */
export const testCalled = (name: string): string | null => TEST_OF.get(name.toLowerCase().replaceAll(/[\s_-]/g, '')) ?? null;

/** Looks up whose names, one word each, hold this one; capitals and what joins words do not matter. */
const calledIn = (table: Readonly<Record<string, string>>): ((name: string) => string | null) => {
  const found = new Map(Object.entries(table).flatMap(([own, names]) => names.split(' ').map((name) => [name, own] as const)));
  return (name) => found.get(name.toLowerCase().replaceAll(/[^a-z]/g, '')) ?? null;
};

/** The field of a policy that is called so elsewhere, or null. */
export const fieldCalled = calledIn({
  note: 'comment comments description desc remark remarks notes',
  rank: 'priority order weight precedence sequence',
  when: 'condition conditions match matches if filter rule rules selector search',
  outcome: 'action actions then do result image target',
  limit: 'max maximum count hostslimit maxcount',
});

/** The kind of outcome that is called so elsewhere, or null. */
export const outcomeCalled = calledIn({
  'boot-local': 'local localboot localdisk bootlocaldisk boot bootdisk harddisk hdd disk none skip',
  'deploy-newest': 'newest latest image install provision',
  hold: 'wait stop pause reject deny ignore quarantine',
  ask: 'prompt question input',
  build: 'recipe construct script',
  set: 'imageset images',
});
