// USB devices from /sys/bus/usb/devices (Linux Documentation/ABI/testing/sysfs-bus-usb): what is plugged in, hubs left out.
import type { Inventory } from '../protocol/inventory.ts';
import type { HardwareSource } from './source.ts';

export type UsbReading = NonNullable<Inventory['usb']>[number];

/** `BUS-PORT[.PORT…]`: devices; root hubs are called `usb1`, interfaces have a colon. */
const USB_ADDRESS = /^\d+-\d+(\.\d+)*$/;
const HEX_ID = /^[0-9a-f]{4}$/;
const HUB_CLASS = '09';
const MOST_DEVICES = 256;
const MOST_TEXT = 256;

/** Sorted by address. A device that is just being pulled out has no id and is left out. */
export const readUsb = async (source: HardwareSource): Promise<readonly UsbReading[]> => {
  const addresses = (await source.list('/sys/bus/usb/devices')).filter((name) => USB_ADDRESS.test(name)).slice(0, MOST_DEVICES);
  const devices = await Promise.all(
    addresses.map(async (address): Promise<UsbReading | null> => {
      const text = async (file: string): Promise<string | null> =>
        (await source.readText(`/sys/bus/usb/devices/${address}/${file}`))?.trim().slice(0, MOST_TEXT) || null;
      const [vendor, product] = [(await text('idVendor')) ?? '', (await text('idProduct')) ?? ''];
      const isDevice = HEX_ID.test(vendor) && HEX_ID.test(product) && (await text('bDeviceClass')) !== HUB_CLASS;
      return isDevice ? { address, id: `${vendor}:${product}`, product: await text('product'), serial: await text('serial') } : null;
    }),
  );
  return devices.filter((device) => device !== null);
};
