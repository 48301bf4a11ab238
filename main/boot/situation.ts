// What is true of the station and one machine when the machine asks to boot; gathered by the station, judged by decide.ts and files.ts.

/** How a machine gets back to its own disk. Valid once. */
export type LocalBoot =
  | { readonly kind: 'bios' }
  /** `espUuid`: FAT volume id of the EFI system partition as GRUB prints it (`1A2B-3C4D`). `loaderPath`: inside it, either kind of slash. */
  | { readonly kind: 'uefi'; readonly espUuid: string; readonly loaderPath: string };

export interface StationPlace {
  /** The served NIC's IPv4 address. */
  readonly address: string;
  /** Port of the HTTP listener for targets. */
  readonly httpPort: number;
}

export interface BootSituation {
  /** A person has switched answering on, and this machine is among those to be answered. */
  readonly listening: boolean;
  readonly kitPresent: boolean;
  /** Waiting for this machine; handing out the final script uses it up. */
  readonly localBoot: LocalBoot | null;
  readonly station: StationPlace;
}

export const stationUrl = (station: StationPlace): string => `http://${station.address}:${station.httpPort}`;
