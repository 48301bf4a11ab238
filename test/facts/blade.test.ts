// Where makers write a blade's slot, and the many places where they write nothing.
import { describe, expect, test } from 'vitest';
import { bladeEnclosure, bladePosition } from '../../agent/facts/blade.ts';
import { machineKind } from '../../agent/facts/machine-kind.ts';
import type { Dmi } from '../../agent/protocol/inventory.ts';

type Some = {
  readonly maker?: string;
  readonly product?: string;
  readonly board?: string;
  readonly boardKind?: string;
  readonly serial?: string;
  readonly location?: string | null;
  readonly boardSerial?: string;
  readonly chassisType?: string;
  readonly chassisSerial?: string;
  readonly chassisVersion?: string;
  readonly oemStrings?: readonly string[];
  readonly locator?: readonly string[];
};

const dmi = (some: Some): Dmi => ({
  bios: { vendor: null, version: null, date: null },
  system: {
    manufacturer: some.maker ?? 'Acme',
    product: some.product ?? null,
    version: null,
    serial: some.serial ?? null,
    uuid: null,
    sku: null,
    family: null,
  },
  board: {
    manufacturer: null,
    product: some.board ?? null,
    version: null,
    serial: some.boardSerial ?? null,
    assetTag: null,
    location: some.location ?? null,
    ...(some.boardKind === undefined ? {} : { kind: some.boardKind }),
  },
  chassis: {
    manufacturer: null,
    type: some.chassisType ?? 'Rack Mount Chassis',
    version: some.chassisVersion ?? null,
    serial: some.chassisSerial ?? null,
    assetTag: null,
  },
  processorIds: [],
  oemStrings: [...(some.oemStrings ?? [])],
  oemRecords: some.locator === undefined ? [] : [{ type: 204, strings: [...some.locator] }],
});

describe('slot', () => {
  test.each<[string, Some, string]>([
    ['Dell M630', { maker: 'Dell Inc.', location: 'Slot 05' }, '5'],
    ['Dell quarter-height', { maker: 'Dell Inc.', location: 'Slot 05a' }, '5a'],
    ['Dell, by board serial only', { maker: 'Dell Inc.', boardSerial: '.1ABCD23.CN7000000A0001.04.' }, '4'],
    ['Dell, by board serial with slashes', { maker: 'Dell Inc.', boardSerial: '/1ABCD23/CN7000000A0001/12/' }, '12'],
    ['HP BL460c record 204', { maker: 'HP', locator: ['Rack Name: R', 'Server Bay: 1'] }, '1'],
    ['HPE Synergy OEM string', { maker: 'HPE', oemStrings: ['PSF: ', 'Chassis Bay Number: 7'] }, '7'],
    ['HP Moonshot cartridge', { maker: 'HP', location: 'c2n1' }, 'c2n1'],
    ['HP SL4540', { maker: 'HP', location: 'Node 01' }, '1'],
    ['Quanta X10E', { maker: 'Quanta Cloud Technology Inc.', location: '4' }, '4'],
    ['Lenovo Flex', { maker: 'LENOVO', location: 'Slot12' }, '12'],
    ['Supermicro twin', { maker: 'Supermicro', location: 'Node 3', chassisType: 'Multi-system' }, '3'],
    ['Supermicro twin, by product alone', { maker: 'Supermicro', product: 'SYS-2029BT-HNR', location: 'B' }, 'b'],
    ['HPE Synergy location', { maker: 'HPE', product: 'Synergy 480 Gen10', location: 'Chassis Bay Number: 07', chassisType: 'Blade' }, '7'],
    ['HPE Apollo', { maker: 'HPE', product: 'ProLiant XL450 Gen10', location: 'Node 1' }, '1'],
    ['IBM BladeCenter', { maker: 'IBM', location: 'Slot12', chassisType: 'Blade' }, '12'],
    ['IBM node with its place', { maker: 'IBM', location: 'Node 1, Lower right' }, '1'],
    ['Lenovo Flex with a blank', { maker: 'Lenovo', location: 'Slot 12', chassisType: 'Blade' }, '12'],
    ['Cisco UCS', { maker: 'Cisco Systems Inc', product: 'UCSB-B200-M5', location: 'chassis-1/blade-3' }, '3'],
    ['Cisco UCS, number alone', { maker: 'Cisco Systems Inc', product: 'UCSB-B200-M4', location: '7' }, '7'],
    ['Huawei CH121', { maker: 'Huawei', product: 'CH121 V3', location: 'Slot 9' }, '9'],
    ['Fujitsu BX', { maker: 'FUJITSU', product: 'PRIMERGY BX924 S4', location: 'Slot #14' }, '14'],
    ['Inspur', { maker: 'Inspur', product: 'NX5440M4', location: 'Blade 11' }, '11'],
    ['a lettered node', { maker: 'Supermicro', location: 'Node A' }, 'a'],
    ['enclosure and bay', { maker: 'HPE', location: 'Enclosure 1, Bay 3' }, '3'],
    ['chassis and slot', { maker: 'Acme', location: 'Chassis OA-1 Slot 05' }, '5'],
    ['Oracle', { maker: 'Oracle Corporation', location: '/CH/BL3' }, '3'],
    ['Slot ID', { maker: 'Acme', location: 'Slot ID: 4' }, '4'],
    ['Moonshot, padded', { maker: 'HP', location: ' c02n1 ' }, 'c2n1'],
    ['blanks around', { maker: 'Dell Inc.', location: '  Slot 16   ' }, '16'],
    ['record 204 padded', { maker: 'HP', locator: ['Server Bay: 3                               '] }, '3'],
    ['bare number in a shared chassis', { location: '2', chassisType: 'Multi-system' }, '2'],
  ])('%s', (_name, some, slot) => {
    expect(bladePosition(dmi(some))?.slot).toBe(slot);
  });

  test.each<[string, Some]>([
    ['nothing there', {}],
    ['filler', { location: 'To be filled by O.E.M.' }],
    ['filler of AMI boards', { location: 'Part Component' }],
    ['Default string', { location: 'Default string', chassisType: 'Multi-system' }],
    ['Lenovo none', { maker: 'Lenovo', location: 'none' }],
    ['a rack server with a bare number', { location: '1' }],
    ['zero', { location: '0', chassisType: 'Multi-system' }],
    ['slot zero', { location: 'Slot 00' }],
    ['Dell rack server serial', { maker: 'Dell Inc.', boardSerial: '.ABC1234.CN7475203C0123.' }],
    ['a serial in Dell form from another maker', { maker: 'Acme', boardSerial: '.ABC1234.CN7475203C0123.05.' }],
    ['HPE rack server strings', { maker: 'HPE', oemStrings: ['PSF: ', 'Product ID: 868703-B21'] }],
    [
      'a rack server whose board says Server Blade',
      { maker: 'Cisco Systems Inc', product: 'UCSC-C240-M5', boardKind: 'Server Blade', location: '1' },
    ],
    ['a rack server of a maker of blades', { maker: 'Huawei', product: 'RH2288 V3', location: '1' }],
    ['a bare number in the chassis of one server', { location: '1', chassisType: 'Main Server Chassis' }],
    ['an M.2 slot', { maker: 'Acme', location: 'Slot 7 M.2' }],
    ['a PCI slot is none', { maker: 'Acme', location: 'PCIe Slot 3' }],
    ['a place on the board', { maker: 'IBM', location: 'Attached to System Planar' }],
    ['Riser', { maker: 'Acme', location: 'Riser 1', chassisType: 'Blade' }],
    ['a letter in a rack server', { location: 'A' }],
    ['Dell filler', { maker: 'Dell Inc.', location: '                ' }],
    ['an OEM string that names another slot', { maker: 'HPE', oemStrings: ['PCI Slot: 3', 'Slot 3 is empty'] }],
    ['a version that looks like a path', { maker: 'Cisco Systems Inc', location: '1/2/3' }],
    ['HP bay zero', { maker: 'HP', locator: ['Server Bay: 0'] }],
  ])('unknown: %s', (_name, some) => {
    expect(bladePosition(dmi(some))).toBeNull();
  });
});

test('the slot is kept as it was written too', () => {
  expect(bladePosition(dmi({ maker: 'Dell Inc.', location: 'Slot 05' }))).toEqual({
    slot: '5',
    raw: 'Slot 05',
    source: 'smbios:2.location',
  });
  expect(bladePosition(dmi({ maker: 'HP', locator: ['Server Bay: 1'] }))?.raw).toBe('Server Bay: 1');
});

describe('kind of machine', () => {
  test.each<[string, Some, string | null]>([
    ['a chassis of type Blade', { chassisType: 'Blade' }, 'blade'],
    ['a board of type Server Blade', { boardKind: 'Server Blade', chassisType: 'Unknown' }, 'blade'],
    [
      'Cisco C220, whose board says Server Blade',
      { maker: 'Cisco Systems Inc', product: 'UCSC-C220-M5SX', boardKind: 'Server Blade' },
      'rack',
    ],
    ['Cisco B200 in a rack chassis', { maker: 'Cisco Systems Inc', product: 'UCSB-B200-M4', boardKind: 'Server Blade' }, 'blade'],
    ['Dell M630', { maker: 'Dell Inc.', product: 'PowerEdge M630', chassisType: 'Multi-system' }, 'blade'],
    ['Dell R640', { maker: 'Dell Inc.', product: 'PowerEdge R640' }, 'rack'],
    ['Dell C6320 in a rack chassis', { maker: 'Dell Inc.', product: 'PowerEdge C6320' }, 'node'],
    ['Supermicro blade whose chassis says Other', { maker: 'Supermicro', product: 'SBI-6119P-T3N', chassisType: 'Other' }, 'blade'],
    ['Supermicro MicroCloud', { maker: 'Supermicro', product: 'SYS-5039MS-H12TRF-OS012', chassisType: 'Other' }, 'node'],
    ['Supermicro twin', { maker: 'Supermicro', product: 'SYS-1028TP-DC1R', chassisType: 'Other' }, 'node'],
    ['Supermicro rack server with TR in its name', { maker: 'Supermicro', product: 'SYS-1029U-TR25M', chassisType: 'Other' }, 'other'],
    ['Supermicro twin told by its board', { maker: 'Supermicro', product: 'Super Server', board: 'X10DRT-P' }, 'node'],
    ['Supermicro twin named after its board', { maker: 'Supermicro', product: 'X9DRT', board: 'X9DRT', chassisType: 'Other' }, 'node'],
    ['Supermicro AMD twin', { maker: 'Supermicro', product: 'H8DGT   ', board: 'H8DGT   ', chassisType: 'Main Server Chassis' }, 'node'],
    ['Supermicro FatTwin told by its board', { maker: 'Supermicro', product: 'Super Server', board: 'X10DRFR-T' }, 'node'],
    [
      'Supermicro blade told by its board',
      { maker: 'Supermicro', product: 'Super Server', board: 'B11DPT', chassisType: 'Other' },
      'blade',
    ],
    ['a Supermicro board that is no twin’s', { maker: 'Supermicro', product: 'X8DTL', board: 'X8DTL' }, 'rack'],
    ['nor is this one', { maker: 'Supermicro', product: 'X8DT3', board: 'X8DT3' }, 'rack'],
    ['another maker’s board of such a name', { maker: 'Acme', product: 'Box', board: 'X8DTT' }, 'rack'],
    ['QuantaPlex without a slot', { maker: 'Quanta Computer Inc', product: 'QuantaPlex T42S-2U', location: 'Default string' }, 'node'],
    ['QuantaGrid', { maker: 'Quanta Cloud Technology Inc.', product: 'QuantaGrid D52B-1U' }, 'rack'],
    ['Moonshot cartridge', { maker: 'HP', product: 'ProLiant m710x Server Cartridge', chassisType: 'Multi-system' }, 'blade'],
    [
      'Fujitsu TX in a main server chassis',
      { maker: 'FUJITSU', product: 'PRIMERGY TX150 S8', chassisType: 'Main Server Chassis' },
      'tower',
    ],
    ['the same, mounted in a rack', { maker: 'FUJITSU', product: 'PRIMERGY TX150 S8', chassisType: 'Rack Mount Chassis' }, 'rack'],
    ['Fujitsu RX', { maker: 'FUJITSU', product: 'PRIMERGY RX200 S8', chassisType: 'Main Server Chassis' }, 'rack'],
    ['HPE MicroServer whose chassis says Other', { maker: 'HPE', product: 'ProLiant MicroServer Gen10', chassisType: 'Other' }, 'tower'],
    ['HPE ML whose chassis says nothing', { maker: 'HPE', product: 'ProLiant ML350 Gen10', chassisType: 'Unknown' }, 'tower'],
    ['HPE DL whose chassis says nothing', { maker: 'HPE', product: 'ProLiant DL380 Gen10', chassisType: 'Unknown' }, 'rack'],
    ['HP DL360', { maker: 'HP', product: 'ProLiant DL360 G5' }, 'rack'],
    ['a Lenovo notebook', { maker: 'LENOVO', product: '20BX', chassisType: 'Notebook' }, 'laptop'],
    [
      'a desktop board with a twin’s letters',
      { maker: 'Gigabyte Technology Co., Ltd.', product: 'GA-770GMA-X4', chassisType: 'Desktop' },
      'desktop',
    ],
    ['a desktop board with a MicroCloud’s letters', { maker: 'MSI', product: '785GMT-E2', chassisType: 'Mini Tower' }, 'tower'],
    ['a notebook with a FatTwin’s letter', { maker: 'ASUSTeK COMPUTER INC.', product: 'F550LA', chassisType: 'Notebook' }, 'laptop'],
    ['a notebook with an Inspur blade’s letters', { maker: 'Gateway', product: 'NX400X', chassisType: 'Notebook' }, 'laptop'],
    ['a mini PC with a Huawei blade’s letters', { maker: 'Acme', product: 'CH110 Pro', chassisType: 'Mini PC' }, 'desktop'],
    ['a Supermicro twin under another’s name', { maker: 'Acme Rack', product: 'SYS-6028TP-HTR', chassisType: 'Other' }, 'node'],
    ['the same with an AMD processor', { maker: 'Acme Rack', product: 'AS -2123BT-HTR', chassisType: 'Other' }, 'node'],
    ['a FatTwin under its short name', { maker: 'Supermicro', product: 'F618R2-RT+' }, 'node'],
    ['a FatTwin under another’s name', { maker: 'Acme Rack', product: 'SYS-F618R2-RT+' }, 'node'],
    ['Inspur blade', { maker: 'Inspur', product: 'NX5440M4' }, 'blade'],
    ['Supermicro MicroCloud of another processor', { maker: 'Supermicro', product: 'SYS-5038MD-H8TRF', chassisType: 'Other' }, 'node'],
    ['Supermicro MicroCloud told by its board', { maker: 'Supermicro', product: 'Super Server', board: 'X11SPD-F' }, 'node'],
    ['a Supermicro board with one processor that is none', { maker: 'Supermicro', product: 'X11SSL-F', board: 'X11SSL-F' }, 'rack'],
    ['Supermicro AMD twin with graphics', { maker: 'Supermicro', product: 'AS -2022TG-HTRF', chassisType: 'Other' }, 'node'],
    ['Dell XR sled', { maker: 'Dell Inc.', product: 'PowerEdge XR4510c' }, 'node'],
    ['a Dell XR that stands alone', { maker: 'Dell Inc.', product: 'PowerEdge XR12' }, 'rack'],
    ['HPE Edgeline blade', { maker: 'HPE', product: 'ProLiant e910 Server Blade', chassisType: 'Other' }, 'blade'],
    ['Sun blade', { maker: 'Sun Microsystems', product: 'SUN BLADE X6270 SERVER MODULE', chassisType: 'Main Server Chassis' }, 'blade'],
    ['Oracle blade', { maker: 'Oracle Corporation', product: 'SUN BLADE X4-2B', chassisType: 'Other' }, 'blade'],
    ['Oracle rack server', { maker: 'Oracle Corporation', product: 'ORACLE SERVER X5-2', chassisType: 'Main Server Chassis' }, 'rack'],
    ['NEC blade', { maker: 'NEC', product: 'Express5800/B120g-h [N8400-307Y]', chassisType: 'Other' }, 'blade'],
    ['NEC rack server', { maker: 'NEC', product: 'Express5800/R120h-1M [N8100-2557Y]' }, 'rack'],
    ['H3C blade', { maker: 'New H3C Technologies Co., Ltd.', product: 'UniServer B5700 G3', chassisType: 'Other' }, 'blade'],
    ['Sugon blade', { maker: 'Sugon', product: 'CB60-G16', chassisType: 'Main Server Chassis' }, 'blade'],
    ['Intel modular server', { maker: 'Intel Corporation', product: 'MFS2600KI', chassisType: 'Other' }, 'blade'],
    ['Intel half-width board', { maker: 'Intel Corporation', product: 'S2600TPR', chassisType: 'Main Server Chassis' }, 'node'],
    ['Intel rack board', { maker: 'Intel Corporation', product: 'S2600WT2R' }, 'rack'],
    ['Cisco server in a router', { maker: 'Cisco Systems Inc', product: 'UCS-E160S-M3/K9', chassisType: 'Other' }, 'blade'],
    ['Cisco storage server’s node', { maker: 'Cisco Systems Inc', product: 'UCSC-C3K-M4SRB' }, 'node'],
    ['Inspur node', { maker: 'Inspur', product: 'NS5162M5' }, 'node'],
    ['Gigabyte node', { maker: 'GIGABYTE', product: 'H262-Z62-00' }, 'node'],
    ['a Gigabyte desktop board', { maker: 'Gigabyte Technology Co., Ltd.', product: 'H270-HD3', chassisType: 'Desktop' }, 'desktop'],
    ['ASUS node', { maker: 'ASUSTeK COMPUTER INC.', product: 'RS720Q-E9-RS24-S' }, 'node'],
    ['ASRock Rack node', { maker: 'ASRockRack', product: '2U4N-F/X200', chassisType: 'Other' }, 'node'],
    ['Huawei blade', { maker: 'Huawei Technologies Co., Ltd.', product: 'CH121 V3' }, 'blade'],
    ['the same after it changed hands', { maker: 'XFUSION', product: 'CH121 V5' }, 'blade'],
    ['QEMU', { maker: 'QEMU', product: 'Standard PC (Q35 + ICH9, 2009)', chassisType: 'Other' }, 'virtual'],
    ['Xen under an older maker', { maker: 'Red Hat', product: 'HVM domU', chassisType: 'Other' }, 'virtual'],
    [
      'a virtual machine of Apple’s',
      { maker: 'Apple Inc.', product: 'Apple Virtualization Generic Platform', chassisType: 'Other' },
      'virtual',
    ],
    ['one in a cloud', { maker: 'Linode', product: 'Compute Instance', chassisType: 'Other' }, 'virtual'],
    ['one of Amazon’s', { maker: 'Amazon EC2', product: 'c5.large', chassisType: 'Other' }, 'virtual'],
    ['a whole server of Amazon’s', { maker: 'Amazon EC2', product: 'i3.metal', chassisType: 'Rack Mount Chassis' }, 'rack'],
    ['a larger one', { maker: 'Amazon EC2', product: 'm7i.metal-24xl', chassisType: 'Rack Mount Chassis' }, 'rack'],
    ['VMware', { maker: 'VMware, Inc.', product: 'VMware7,1', chassisType: 'Other' }, 'virtual'],
    ['Hyper-V', { maker: 'Microsoft Corporation', product: 'Virtual Machine', chassisType: 'Desktop' }, 'virtual'],
    ['a Surface is no virtual machine', { maker: 'Microsoft Corporation', product: 'Surface Pro', chassisType: 'Tablet' }, 'laptop'],
    ['an all-in-one', { chassisType: 'All In One' }, 'desktop'],
    ['a thin client', { chassisType: 'Mini PC' }, 'desktop'],
    ['a box for a cabinet', { chassisType: 'IoT Gateway' }, 'desktop'],
    ['nothing told', { chassisType: 'Unknown' }, null],
  ])('%s', (_what, some, kind) => {
    expect(machineKind(dmi(some), bladePosition(dmi(some)) !== null)).toBe(kind);
  });
});

describe('enclosure', () => {
  test('is told by a second chassis structure, and never by the serial of the machine itself', () => {
    const blade = { maker: 'Lenovo', location: 'Slot12', chassisType: 'Blade', serial: 'J30A', chassisSerial: 'J30A' };
    expect(bladeEnclosure(dmi(blade))).toEqual({ name: null, serial: null, model: null });
    const enclosed = bladeEnclosure({ ...dmi(blade), enclosure: { version: '8721LRG', serial: '06ABC' } });
    expect([enclosed?.name?.name, enclosed?.serial?.name, enclosed?.model?.name]).toEqual(['06ABC', '06ABC', '8721LRG']);
  });
  test('is told by the chassis only where the chassis is not the machine’s own', () => {
    const node = { maker: 'Quanta Cloud Technology Inc.', location: '6', serial: 'QTF1', chassisVersion: '32S3ECAST99' };
    const told = (some: Some, enclosure?: Dmi['enclosure']): unknown[] => {
      const found = bladeEnclosure({ ...dmi(some), ...(enclosure === undefined ? {} : { enclosure }) });
      return [found?.serial?.name, found?.model?.name];
    };
    expect(told({ ...node, chassisSerial: 'QTF9' })).toEqual(['QTF9', '32S3ECAST99']);
    expect(told({ ...node, chassisSerial: 'QTF1' })).toEqual([undefined, undefined]);
    expect(told({ ...node, chassisSerial: 'Default string' })).toEqual([undefined, undefined]);
    expect(told({ ...node, chassisSerial: 'BLADE2' }, { version: 'Not Specified', serial: 'none' })).toEqual([undefined, undefined]);
  });
  test('is the name that the enclosure was given, else its serial', () => {
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: OA-3', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name?.name).toBe('OA-3');
    expect(bladeEnclosure(dmi({ locator: ['Enclosure Name: UNKNOWN', 'Server Bay: 2', 'Enclosure Serial: CZ1'] }))?.name?.name).toBe('CZ1');
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'ENC7' }))?.name?.name).toBe('ENC7');
  });
  test('of Supermicro is told by the system, and the blade by its board', () => {
    const micro = dmi({
      maker: 'Supermicro',
      product: 'SYS-5039MS-H12TRF-OS012',
      chassisType: 'Other',
      serial: 'E111111X',
      chassisSerial: 'C939',
    });
    expect([bladeEnclosure(micro)?.serial?.name, bladeEnclosure(micro)?.model?.name]).toEqual(['E111111X', 'SYS-5039MS-H12TRF-OS012']);
    // The product of a SuperBlade is the blade itself, and a board's name is no enclosure's.
    const unknown = { name: null, serial: null, model: null };
    const blade = { maker: 'Supermicro', product: 'SBI-4129P-C2N', chassisType: 'Other', serial: 'S1', chassisSerial: 'C2' };
    expect(bladeEnclosure(dmi(blade))).toEqual(unknown);
    expect(bladeEnclosure(dmi({ maker: 'Supermicro', product: 'X9DRT', board: 'X9DRT', serial: 'S1' }))).toEqual(unknown);
    expect(bladeEnclosure(dmi({ maker: 'Supermicro', product: 'SYS-6019P-WTR', chassisType: 'Other', serial: 'A1' }))).toBeNull();
  });
  test('is unknown for a machine that is in none, and for filler', () => {
    expect(bladeEnclosure(dmi({ chassisSerial: 'ABC' }))).toBeNull();
    expect(bladeEnclosure(dmi({ location: 'Slot 05', chassisSerial: 'Not Specified' }))).toEqual({ name: null, serial: null, model: null });
  });
});
