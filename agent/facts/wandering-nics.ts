// Network adapters that go from machine to machine: their MAC names the adapter, never the machine. PURE.

/** Drivers of USB adapters, and of the management controller's USB network: they wander, or every machine has the same. */
const WANDERING_DRIVERS = new Set(
  (
    'asix ax88179_178a aqc111 cdc_ether cdc_ncm cdc_mbim cdc_subset dm9601 lan78xx mcs7830 pegasus r8152 r8153_ecm ' +
    'rndis_host rtl8150 smsc75xx smsc95xx sr9700 sr9800 qmi_wwan ipheth usbnet'
  ).split(' '),
);

/**
 * Makers of USB adapters and docks. Asked only where no driver is known: the same makers also have chips on boards, and there the
 * driver tells. 00:e0:4c is Realtek's own, on dongles without a number of their own.
 */
const DONGLE_OUIS = new Set(
  (
    '00:e0:4c 00:0e:c6 00:50:b6 00:24:9b 00:05:1b 00:60:6e 00:13:3b 00:23:55 00:0a:cd 00:1c:49 00:80:ae 8c:ae:4c a0:ce:c8 ' +
    '3c:18:a0 9c:eb:e8 48:2a:e3 00:e0:99 f8:e4:3b f8:e4:e3 7c:c2:c6 c8:4d:44 00:10:60'
  ).split(' '),
);

/** True for adapters whose MAC names the adapter and not the machine it is plugged into. */
export const isWanderingNic = (driver: string | null, mac: string | null = null): boolean =>
  driver === null ? DONGLE_OUIS.has(mac?.slice(0, 8).toLowerCase() ?? '') : WANDERING_DRIVERS.has(driver);
