// Everything the agent touches of its machine, injected: on a target it is Linux (linux.ts), in the software rack a fixture.
// Many agents run in one process there, so nothing in the agent may live in a module.
import type { LocalBoot } from './protocol/decision.ts';
import type { Disk } from './protocol/disk.ts';
import type { Inventory } from './protocol/inventory.ts';
import type { ScriptHost } from './build/script-host.ts';
import type { BootMode } from './deploy/local-boot.ts';
import type { Tools } from './disk/tools.ts';
import type { TargetDevice } from './disk/target-disk.ts';
import type { TrustedKeys } from './image/signature.ts';
import type { Keyboard } from './console/asking.ts';
import type { Screen } from './console/screen.ts';
import type { LinkMemory } from './link/station-link.ts';
import type { BootWords } from './words.ts';

export type AgentEnvironment = {
  readonly words: BootWords;
  readonly agentVersion: string;
  /** As `process.arch` says: `x64`, `arm64`. */
  readonly architecture: string;
  readInventory(trustedKeys: TrustedKeys, signal: AbortSignal): Promise<Inventory>;
  /** Waits for what the switches say of themselves; they speak every 30 seconds. Empty when none did. */
  listenToSwitches(inventory: Inventory, signal: AbortSignal): Promise<Inventory['lldp']>;
  /** A disk of the last inventory, to be opened for a job; null when it is no longer there. */
  device(disk: Disk): Promise<TargetDevice | null>;
  /** Reads one disk again, now: what a consent is checked against. */
  describe(disk: Disk, trustedKeys: TrustedKeys): Promise<Disk>;
  /** How the firmware or the network stage starts this disk. */
  localBoot(disk: Disk, mode: BootMode): Promise<LocalBoot>;
  readonly tools: Tools;
  /** Runs the install scripts of recipes. */
  readonly scripts: ScriptHost;
  readonly screen: Screen;
  readonly keyboard: Keyboard;
  readonly memory: LinkMemory;
  /** Keeps what a person has typed and not sent yet through a crash of the agent. */
  readonly drafts: LinkMemory;
  /** Tells the firmware to start our disk at its next boot, once. False where it cannot be told. */
  startDiskNext(): Promise<boolean>;
  /** Restarts the machine. */
  leave(): Promise<void>;
  /** Sets the machine's clock from the station's. */
  setClock(nowAtMs: number): Promise<void>;
  /** Hash and decompress workers; 0 runs everything in this thread. */
  readonly workers: number;
};
