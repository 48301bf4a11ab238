// dmidecode texts as its versions print them, cut to what a test is about.

/** A c-class blade, printed by a dmidecode that does not know the vendor's record 204 and gives its bytes. */
export const GEN10_BLADE = `# dmidecode 3.2
Getting SMBIOS data from sysfs.
SMBIOS 3.2.0 present.
# SMBIOS implementations newer than version 3.1.1 are not
# fully supported by this version of dmidecode.
Table at 0x8C2E6000.

Handle 0x0063, DMI type 1, 27 bytes
System Information
	Manufacturer: HPE
	Product Name: ProLiant BL460c Gen10
	Version: Not Specified
	Serial Number: CZ3340AAAA      
	UUID: 34333638-3234-5A43-3333-343041414141
	Wake-up Type: Power Switch
	SKU Number: 863442-B21      
	Family: ProLiant

Handle 0x0066, DMI type 204, 20 bytes
OEM-specific Type
	Header and Data:
		CC 14 66 00 01 02 03 04 10 01 05 06 00 00 00 00
		00 00 00 00
	Strings:
		Rack 12
		blade-z04b
		BladeSystem c7000 Enclosure G3
		7                               
		CZ2000BBBB
		10.192.160.154

Handle 0x0069, DMI type 3, 17 bytes
Chassis Information
	Manufacturer: HPE
	Type: Blade
	Lock: Not Present
	Version: Not Specified
	Serial Number: CZ3340AAAA      
	Asset Tag:                                 
	Boot-up State: Unknown

Handle 0x0077, DMI type 2, 15 bytes
Base Board Information
	Manufacturer: HPE
	Product Name: ProLiant BL460c Gen10
	Version: Not Specified
	Serial Number: PXYZQ0ARHAL0A4
	Asset Tag:                                 
	Features:
		Board is a hosting board
		Board is removable
	Location In Chassis: Chassis Bay Number: 7
	Chassis Handle: 0x0069
	Type: Motherboard
	Contained Object Handles: 0

Handle 0x0080, DMI type 4, 48 bytes
Processor Information
	Socket Designation: Proc 1
	Type: Central Processor
	Family: Xeon
	Manufacturer: Intel(R) Corporation
	ID: 54 06 05 00 FF FB EB BF
	Version:  Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz       
	Status: Populated, Enabled
	Core Count: 16
	Core Enabled: 16
	Thread Count: 32
	Characteristics:
		64-bit capable
		Multi-Core

Handle 0x0081, DMI type 4, 48 bytes
Processor Information
	Socket Designation: Proc 2
	Type: Central Processor
	Manufacturer: Not Specified
	ID: 00 00 00 00 00 00 00 00
	Status: Unpopulated

Handle 0x0090, DMI type 17, 84 bytes
Memory Device
	Size: 32 GB
	Locator: PROC 1 DIMM 1
	Type: DDR4
	Speed: 2666 MT/s
	Serial Number: 12345678

Handle 0x0091, DMI type 17, 84 bytes
Memory Device
	Size: No Module Installed
	Locator: PROC 1 DIMM 2
	Type: Unknown

Handle 0x0092, DMI type 17, 84 bytes
Memory Device
	Size: 16384 MB
	Locator: PROC 1 DIMM 3
	Type: DDR4

Handle 0x0093, DMI type 17, 84 bytes
Memory Device
	Size: 8192 kB
	Locator: SYSTEM ROM
	Type: Flash

Handle 0x00A0, DMI type 209, 20 bytes
HPE BIOS PXE NIC PCI and MAC Information
	NIC 1: PCI device 04:00.0, MAC address B4:B5:2F:00:11:A0
	NIC 2: PCI device 04:00.1, MAC address B4:B5:2F:00:11:A4

Handle 0x00B0, DMI type 43, 31 bytes
TPM Device
	Vendor ID: IFX
	Specification Version: 2.0

Handle 0xFEFF, DMI type 127, 4 bytes
End Of Table
`;

/** dmidecode 2.2: no structure kind beside the handle, everything one tab deeper, and lists no deeper than fields. */
export const OLD_TEXT = `# dmidecode 2.2
SMBIOS 2.3 present.
48 structures occupying 1511 bytes.
Table at 0x000DF010.
Handle 0x0001
	DMI type 1, 25 bytes.
	System Information
		Manufacturer: IBM
		Product Name: eserver xSeries 235 -[86712AX]-
		Version: Not Specified
		Serial Number: KPX1234
		UUID: 0B2C8A12-3456-11D8-8F0B-000D60512345
		Wake-up Type: Power Switch
Handle 0x0002
	DMI type 2, 55 bytes.
	Base Board Information
		Manufacturer: IBM
		Product Name: Node 1 SMP Module 1
		Features:
		Board is a hosting board
		Board is removable
		Location In Chassis: Node 1, Lower right
		Type: Processor+Memory Module
Handle 0x0003
	DMI type 6, 12 bytes.
	Memory Module Information
		Socket Designation: J1
		Installed Size: 512 MB (Single-bank Connection)
		Enabled Size: 512 MB (Single-bank Connection)
Handle 0x0004
	DMI type 6, 12 bytes.
	Memory Module Information
		Socket Designation: J2
		Installed Size: Not Installed
`;

/** As a site's collector keeps it: real values taken out, a broken table, dmidecode's own words between. */
export const REDACTED = `# dmidecode 3.3
Getting SMBIOS data from sysfs.
SMBIOS 2.8 present.
138 structures occupying 4858 bytes.
Table at 0xBFBDB000.

Handle 0x0100, DMI type 1, 27 bytes
System Information
	Manufacturer: HP
	Product Name: ProLiant BL460c Gen8
	Version: Not Specified
	Serial Number: --
	UUID: --
	SKU Number: 745916-S01      
	Family: ProLiant

Handle 0x0300, DMI type 3, 17 bytes
Chassis Information
	Manufacturer: HP
	Type: Blade
	Serial Number: --
	Asset Tag: --
	380AD15AAB729CF25C4397C21C466ACE
	Power Supply State: Safe

Handle 0xCC00, DMI type 204, 20 bytes
HP ProLiant System/Rack Locator
	Rack Name: UnnamedRack                     
	Enclosure Name: CZ2000AAAA                      
	Enclosure Model: BladeSystem c7000 Enclosure G3                                  
	Enclosure Serial: --
	Enclosure Bays: 16
	Server Bay: 3                               
	Bays Filled: 1

Wrong DMI structures count: 138 announced, only 87 decoded.
`;

/** \`dmidecode -q -t system\`. */
export const QUIET = `System Information
	Manufacturer: Dell Inc.
	Product Name: PowerEdge R640
	Version: Not Specified
	Serial Number: J1Z0000
	UUID: 4c4c4544-0031-5a10-8030-cac04f303030
	Wake-up Type: Power Switch
	SKU Number: SKU=NotProvided;ModelName=PowerEdge R640
	Family: PowerEdge
`;

export const DESKTOP = `# dmidecode 3.4
Getting SMBIOS data from sysfs.
SMBIOS 3.2.0 present.

Handle 0x0001, DMI type 1, 27 bytes
System Information
	Manufacturer: To Be Filled By O.E.M.
	Product Name: To Be Filled By O.E.M.
	Version: To Be Filled By O.E.M.
	Serial Number: To Be Filled By O.E.M.
	UUID: Not Present
	SKU Number: To Be Filled By O.E.M.
	Family: To Be Filled By O.E.M.

Handle 0x0002, DMI type 2, 15 bytes
Base Board Information
	Manufacturer: ASRock
	Product Name: B450M Pro4
	Version:                       
	Serial Number: M80-C8012345678
	Asset Tag: Default string
	Features:
		Board is a hosting board
	Location In Chassis: Default string
	Type: Motherboard

Handle 0x0003, DMI type 3, 22 bytes
Chassis Information
	Manufacturer: To Be Filled By O.E.M.
	Type: Desktop
	Serial Number: To Be Filled By O.E.M.
	Asset Tag: To Be Filled By O.E.M.
`;

/** \`dmidecode -u\`: every structure as bytes, every string in hexadecimal and in quotes. */
export const UNDECODED = `# dmidecode 3.4
Handle 0x0001, DMI type 1, 27 bytes
	Header and Data:
		01 1B 01 00 01 02 00 03 33 22 11 00 55 44 77 66
		88 99 A1 7B 2C 9D 3E 4F 06 00 00
	Strings:
		41 63 6D 65 00
		"Acme"
		42 6F 78 20 31 00
		"Box 1"
		53 4E 37 37 00
		"SN77"
`;
