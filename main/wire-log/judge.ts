// Why does this machine not boot? From the steps that were seen of it: where it stands, what that means, and the next thing to try.
// Pure; docs/operating.md, "When a machine does not boot", has the same as a table.
import { assertNever } from '../../agent/protocol/failure.ts';
import type { WireStage, WireStep, WireVerdict } from '../../preload/contract/wire-views.ts';
import { furthest, orderOf } from './trails.ts';

export type WireSituation = {
  /** Whether a boot request of this MAC would be answered now. */
  readonly listens: boolean;
  readonly mode: 'server' | 'proxy';
  /** Why the wire services do not run; null when they do. */
  readonly problem: { readonly message: string; readonly next: string } | null;
};

type Said = Pick<WireVerdict, 'code' | 'message' | 'next'>;
const say = (code: string, message: string, next: string): Said => ({ code: `wire.${code}`, message, next });

/** How long the step after each may take before it counts as not coming, ms: retries of firmware, and large files on slow TFTP. */
const PATIENCE_MS: Readonly<Record<WireStage, number>> = {
  asked: 15_000,
  offered: 20_000,
  bound: 30_000,
  told: 30_000,
  loader: 45_000,
  script: 60_000,
  handed: 120_000,
  kernel: 180_000,
  stage1: 90_000,
  system: 90_000,
  stage2: 90_000,
  hello: 0,
  'own-system': 0,
};

const WAITS_FOR: Readonly<Record<WireStage, string>> = {
  asked: 'an answer to its request',
  offered: 'it to take the offered address',
  bound: 'it to read the boot file',
  told: 'it to read the boot file',
  loader: 'the loader to ask for its script',
  script: 'the answer to its script',
  handed: 'it to read the kernel',
  kernel: 'it to read the small system (stage 1)',
  stage1: 'the small system to start',
  system: 'it to read our system (stage 2)',
  stage2: 'the agent to say hello',
  hello: 'nothing',
  'own-system': 'nothing',
};

const neverHeard = ({ problem }: WireSituation): Said =>
  problem !== null
    ? say('services-down', `The station serves no wire: ${problem.message}`, problem.next)
    : say(
        'never-heard',
        'Nothing was heard from this address since the station started.',
        'Look for a link lamp at its port; switch network boot over IPv4 on in its firmware (the station does not speak IPv6) and put it before the disk; check that its switch port is in this VLAN and an edge port (portfast), since spanning tree blocks a port for 30 s.',
      );

const unanswered = ({ code, why }: WireStep, { listens, problem }: WireSituation): Said => {
  const asks = `It asks to boot and is not answered: ${why ?? ''}.`;
  if (problem !== null) return say('services-down', `It asks to boot, and the station serves no wire: ${problem.message}`, problem.next);
  switch (code) {
    case 'no-loader':
      return say(
        'architecture',
        asks,
        'The boot kit is for x86-64. With such a processor choose another firmware mode in its setup (UEFI x64 or BIOS); a machine with another processor cannot boot from this kit.',
      );
    case 'no-kit':
      return say('no-kit', asks, 'Build the boot kit: npm run bootkit. The station takes it without a restart.');
    case 'other-server':
      return say(
        'chose-another-server',
        'It took the offer of another DHCP server.',
        'Switch the other server off on this wire, or run the station beside it: rackside serve --mode proxy.',
      );
    case 'other-network':
      return say(
        'other-network',
        asks,
        'The station has addresses for its own network alone: plug it into a switch of that network. Where another server gives addresses there, let the relay name the station as well, and run it beside that one: rackside serve --mode proxy.',
      );
    case 'pool-full':
      return poolFull;
    default:
      return listens
        ? say(
            'not-answered',
            asks,
            'Restart the machine: it is answered now, if it asks again. If not, look at the event log of that minute.',
          )
        : say(
            'not-listening',
            'It asks to boot, and the station does not answer it: listening is off or names other machines.',
            'Switch listening on for it, then restart the machine.',
          );
  }
};

const poolFull = say(
  'pool-full',
  'It asks for an address, and none is left.',
  'Make the pool larger (rackside serve --pool), or wait for leases to end.',
);

/** A step that went wrong after the last good one. */
const broke = (step: WireStep, situation: WireSituation): Said => {
  switch (step.stage) {
    case 'asked':
      return unanswered(step, situation);
    case 'offered':
      return poolFull;
    case 'bound':
      return say(
        'address-refused',
        `It was refused its address: ${step.why ?? step.text}.`,
        'It asks anew by itself. If it goes on, another DHCP server gave it that address: look for one with rackside preflight.',
      );
    case 'loader':
    case 'script':
    case 'handed':
    case 'kernel':
    case 'stage1':
    case 'system':
    case 'stage2':
      return step.code === 'file-refused'
        ? say(
            'file-refused',
            `It asked for a file and was not given it: ${step.text}, ${step.why ?? ''}.`,
            'Check the boot kit with rackside preflight.',
          )
        : say(
            'transfer-broke',
            `It stopped in the middle of a file: ${step.text}, ${step.why ?? ''}.`,
            'Look at its cable and switch port (errors, duplex, a loose plug), then restart it. A firewall that lets port 69 in and drops the high UDP ports does the same.',
          );
    case 'told':
    case 'hello':
    case 'own-system':
      return say('stopped', `It stopped: ${step.text}.`, 'Restart the machine.');
    default:
      return assertNever(step.stage);
  }
};

const noLease = say(
  'no-lease',
  'It was told what to boot, and no DHCP server gives it an address.',
  'In proxy mode the station hands out none: see that the DHCP server of this wire runs and has addresses left. Where there is none, run the station alone: rackside serve --mode server.',
);

/** The last step went well and the next one does not come. */
const stoppedAfter = (stage: WireStage, { mode }: WireSituation, steps: readonly WireStep[]): Said => {
  switch (stage) {
    case 'asked':
      return say(
        'no-offer',
        'It asked to boot, was answered, and went no further.',
        'Restart it. If that repeats, its answers are lost on the way: look for a second NIC, a VLAN or a firewall between.',
      );
    case 'offered':
      return say(
        'offer-not-taken',
        'It was offered an address and did not take it.',
        'Either another DHCP server was quicker (rackside preflight finds it) or our offers do not reach it: check VLAN and cable.',
      );
    case 'bound':
    case 'told':
      if (mode === 'proxy' && !steps.some((step) => step.stage === 'bound')) return noLease;
      return say(
        'file-not-asked',
        'It knows its boot file and never asked for it.',
        mode === 'proxy'
          ? 'The server that gives it its address may name a boot file of its own, which firmware prefers, or a firewall may drop UDP ports 4011 or 69 on this computer: rackside preflight looks for both.'
          : 'A firewall may drop UDP port 69 on this computer: rackside preflight names it. Or the firmware is set to HTTP boot or IPv6 only.',
      );
    case 'loader':
      return say(
        'loader-silent',
        'It loaded the boot loader, which then asked for nothing.',
        'Look at its screen. With Secure Boot on, the firmware must trust the “Microsoft 3rd Party UEFI CA”: some servers ship with that off.',
      );
    case 'script':
    case 'handed':
      return say(
        'kernel-not-read',
        'It read its boot script and no kernel.',
        'Look at its screen: GRUB or iPXE says there what it could not do. “bad shim signature” is Secure Boot; a time-out is the HTTP port, blocked by a firewall.',
      );
    case 'kernel':
      return say(
        'stage1-not-read',
        'It read the kernel and not the small system after it.',
        'Look at its screen; restart it. Too little memory (below 512 MB) ends here.',
      );
    case 'stage1':
      return say(
        'system-silent',
        'It loaded kernel and small system, and nothing was heard afterwards.',
        'Look at its screen: a network card without a driver or firmware in the boot kit is named there by its PCI id. Try another port of the machine.',
      );
    case 'system':
      return say(
        'stage2-not-read',
        'The small system runs and does not read our system.',
        'Check the HTTP port with rackside preflight: a firewall on this computer may block it. The machine’s screen says what it tried.',
      );
    case 'stage2':
      return say(
        'no-hello',
        'It read our whole system, and the agent did not say hello.',
        'Look at its screen. Too little memory (below 512 MB) or a wrong clock with an old token ends here; a restart gives it a new token.',
      );
    case 'hello':
    case 'own-system':
      return say('stopped', 'It stopped.', 'Restart the machine.');
    default:
      return assertNever(stage);
  }
};

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;

/** Its final script did not load our system. */
const sentElsewhere = (code: WireStep['code']): WireVerdict => {
  const stage = 'handed';
  if (code === 'local') return { kind: 'own-disk', stage, ...say('own-disk', 'It was told to boot its own disk, as meant.', '') };
  if (code === 'installer')
    return {
      kind: 'arrived',
      stage,
      ...say('installer', "It was sent to a vendor's installer, as agreed. When that is done it comes back to the network.", ''),
    };
  return {
    kind: 'stopped',
    stage,
    ...say(
      'not-listening',
      'It was sent to its own disk, since the station does not listen.',
      'Switch listening on, then restart the machine.',
    ),
  };
};

export const judgeTrail = (steps: readonly WireStep[], situation: WireSituation, nowMs: number): WireVerdict => {
  const good = furthest(steps);
  // Only what went wrong since: a refused DISCOVER of a minute ago is forgotten once the next one was answered.
  const bad = steps.findLast(
    (step) => !step.ok && (good === null || (orderOf(step.stage) >= orderOf(good.stage) && step.lastAtMs >= good.lastAtMs)),
  );
  if (good === null && bad === undefined) return { kind: 'never', stage: null, ...neverHeard(situation) };
  const stage = good?.stage ?? null;
  if (good?.stage === 'hello') {
    const tookMs = good.firstAtMs - (steps[0]?.firstAtMs ?? good.firstAtMs);
    return { kind: 'arrived', stage, ...say('arrived', `It booted our system: the agent said hello after ${seconds(tookMs)}.`, '') };
  }
  if (good?.stage === 'own-system')
    return { kind: 'own-disk', stage, ...say('own-disk', 'An operating system of its own started and asked for an address.', '') };
  if (good?.stage === 'handed' && good.code !== 'agent') return sentElsewhere(good.code);
  if (bad !== undefined) return { kind: 'stopped', stage, ...broke(bad, situation) };
  if (good === null) return { kind: 'never', stage: null, ...neverHeard(situation) };
  const waitedMs = nowMs - good.firstAtMs;
  return waitedMs <= PATIENCE_MS[good.stage]
    ? { kind: 'going', stage, ...say('going', `Waits for ${WAITS_FOR[good.stage]}, ${seconds(waitedMs)} so far.`, '') }
    : { kind: 'stopped', stage, ...stoppedAfter(good.stage, situation, steps) };
};
