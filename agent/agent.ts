// The agent's life on one boot: hello, inventory, then orders until one of them ends the boot. It writes nothing before a
// signed deploy order, and never holds two orders at once.
import type { AgentEnvironment } from './environment.ts';
import { connectStation } from './link/station-link.ts';
import type { StationLink } from './link/station-link.ts';
import { isLinkTrouble } from './link/http-client.ts';
import { trustedKeysOf } from './image/signature.ts';
import type { TrustedKeys } from './image/signature.ts';
import type { TrustedKey } from './protocol/decision.ts';
import type { Failure, Result } from './protocol/failure.ts';
import { success } from './protocol/failure.ts';
import { labelOf } from './protocol/fields.ts';
import type { Inventory } from './protocol/inventory.ts';
import type { Order, OrderBody, Report } from './protocol/messages.ts';
import { assertNever } from './protocol/failure.ts';
import { assess } from './assess.ts';
import { createAsking } from './console/asking.ts';
import type { Asking } from './console/asking.ts';
import { createCurrentJob } from './current-job.ts';
import type { CurrentJob } from './current-job.ts';
import { checkLocalBoot } from './local-boot.ts';

export type AgentEnding =
  | { readonly kind: 'left'; readonly why: string }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'stopped' };

/** What the running agent knows; one per call of `runAgent`, nothing in the module. */
type Boot = {
  readonly environment: AgentEnvironment;
  readonly link: StationLink;
  /** As of the last order that judged any. */
  trustedKeys: TrustedKeys;
  readonly signal: AbortSignal;
  readonly job: CurrentJob;
  readonly asking: Asking;
  inventory: Inventory;
};

/** Runs until the machine leaves (reboot), the station refuses it, or `signal` aborts. */
export const runAgent = async (environment: AgentEnvironment, signal: AbortSignal): Promise<AgentEnding> => {
  const { screen, words } = environment;
  screen.show({ phase: 'Looking for the station', station: words.station });
  let lostAtMs: number | null = null;
  let told: Boot | null = null;
  const connected = await connectStation({
    words,
    agentVersion: environment.agentVersion,
    architecture: environment.architecture,
    signal,
    memory: environment.memory,
    onTrouble: (failure, tries) => {
      screen.show({ link: 'lost' });
      lostAtMs ??= performance.now();
      if (tries === 1) screen.log(failure.message);
    },
    onBack: () => {
      screen.show({ link: 'up' });
      const seconds = Math.round((performance.now() - (lostAtMs ?? performance.now())) / 1000);
      lostAtMs = null;
      if (told !== null) tell(told, [`the link to the station was away for ${seconds} s`]);
    },
  });
  if (!connected.ok) return refuse(environment, connected.failure, signal);
  const link = connected.value;
  await environment.setClock(link.answer.nowAtMs);
  screen.show({ station: `${link.answer.stationName} (${link.answer.siteName})`, phase: 'Reading this machine' });

  const trustedKeys = keysOf(link.answer.trustedKeys);
  const inventory = await environment.readInventory(trustedKeys, signal);
  if (signal.aborted) return { kind: 'stopped' };
  const boot: Boot = {
    environment,
    link,
    trustedKeys,
    signal,
    inventory,
    job: createCurrentJob({ environment, link, trustedKeys: () => boot.trustedKeys, signal }),
    asking: createAsking({
      screen,
      keyboard: environment.keyboard,
      drafts: environment.drafts,
      send: (answers) => void report(boot, { kind: 'answers', answers }),
    }),
  };
  told = boot;
  try {
    const sent = await sendInventory(boot);
    if (!sent.ok) return await refuse(environment, sent.failure, signal);
    await boot.job.tellOfInterrupted();
    void hearSwitches(boot);
    return await followOrders(boot);
  } finally {
    boot.asking.stop();
  }
};

/** Which port this machine hangs on is often known only half a minute later: then the inventory is sent again with it. */
const hearSwitches = async (boot: Boot): Promise<void> => {
  if (boot.inventory.lldp.length > 0) return;
  const lldp = await boot.environment.listenToSwitches(boot.inventory, boot.signal).catch(() => []);
  if (lldp.length === 0 || boot.signal.aborted || boot.job.isRunning()) return;
  boot.inventory = { ...boot.inventory, lldp };
  await sendInventory(boot);
};

/** A station that refuses us has the current kit or another answer at the next boot: say why, then boot again. */
const refuse = async (environment: AgentEnvironment, failure: Failure, signal: AbortSignal): Promise<AgentEnding> => {
  if (signal.aborted) return { kind: 'stopped' };
  environment.screen.show({ phase: 'The station refused this machine', failure });
  await environment.leave();
  return { kind: 'refused', failure };
};

const sendInventory = async (boot: Boot): Promise<Result<null>> => {
  const { screen } = boot.environment;
  const answer = await boot.link.sendInventory(boot.inventory);
  if (!answer.ok) return answer;
  const { dmi } = boot.inventory;
  screen.show({
    machine: answer.value.machineName,
    identity: [dmi?.system.manufacturer, dmi?.system.product, dmi?.system.serial].filter(Boolean).join(' '),
    phase: 'The station knows this machine',
  });
  tell(
    boot,
    boot.inventory.problems.map((problem) => `${problem.source}: ${problem.message}`),
  );
  return success(null);
};

const followOrders = async (boot: Boot): Promise<AgentEnding> => {
  for (;;) {
    const orders = await boot.link.nextOrders();
    if (boot.signal.aborted) {
      await boot.job.stop();
      return { kind: 'stopped' };
    }
    if (!orders.ok) {
      if (isLinkTrouble(orders.failure.code)) continue;
      await boot.job.stop();
      return refuse(boot.environment, orders.failure, boot.signal);
    }
    for (const body of orders.value) {
      const ending = await obey(boot, body);
      if (ending !== null) return ending;
    }
  }
};

/** Lines for a person, on this screen and at the station. */
const tell = (boot: Boot, lines: readonly string[]): void => {
  for (const line of lines) boot.environment.screen.log(line);
  if (lines.length > 0) void report(boot, ...lines.map((text) => ({ kind: 'log', level: 'warn', text: text.slice(0, 2000) }) as const));
};

const report = async (boot: Boot, ...reports: readonly Report[]): Promise<void> => {
  const sent = await boot.link.report(reports);
  if (!sent.ok) boot.environment.screen.log(sent.failure.message);
};

const keysOf = (keys: readonly TrustedKey[]): TrustedKeys => trustedKeysOf(keys.map((key) => Buffer.from(key.publicKey, 'base64url')));

const obey = async (boot: Boot, body: OrderBody): Promise<AgentEnding | null> => {
  // Trust that was given or withdrawn since hello counts from this order on.
  if (body.trustedKeys !== undefined) boot.trustedKeys = keysOf(body.trustedKeys);
  const { screen } = boot.environment;
  const order: Order = body.order;
  // What is decided, ordered or asked now takes the place of what was asked before; a line for the screen and another look at the
  // disks, which a restarted station wants, do not: somebody may be typing.
  const asked = order.kind === 'assess' && order.decision.kind === 'hold' ? order.decision : null;
  if (order.kind !== 'show' && order.kind !== 'rescan' && asked?.form === undefined) boot.asking.close();
  if (asked === null) screen.show({ details: [] });
  switch (order.kind) {
    case 'assess': {
      screen.show({
        phase: asked === null ? 'Comparing the decision with my disks' : asked.reason,
        waitingFor: asked?.form === undefined ? null : asked.form.fields.map(labelOf).join(', '),
        details: asked?.trace ?? [],
        failure: null,
      });
      if (asked?.form !== undefined) boot.asking.ask(asked.form);
      const assessment = await assess(boot.environment, order.decision, boot.inventory);
      if (assessment.kind === 'refused') screen.show({ phase: 'This image does not fit here', failure: assessment.failures[0] ?? null });
      await report(boot, { kind: 'assessment', sequence: body.sequence, assessment });
      return null;
    }
    case 'show':
      screen.show({ phase: order.text, waitingFor: order.waitingFor, failure: null });
      return null;
    case 'rescan':
      boot.inventory = await boot.environment.readInventory(boot.trustedKeys, boot.signal);
      await sendInventory(boot);
      return null;
    case 'deploy':
    case 'build':
    case 'capture':
    case 'verify': {
      const started = boot.job.start(order, boot.inventory);
      if (!started.ok) await report(boot, { kind: 'refused', sequence: body.sequence, failure: started.failure });
      return null;
    }
    case 'cancel':
      await boot.job.cancel(order.jobId);
      return null;
    case 'boot-local': {
      await boot.job.stop();
      const checked = await checkLocalBoot(boot.environment, boot.inventory, order.osoid, boot.trustedKeys);
      if (!checked.ok) {
        screen.show({ phase: 'I will not boot this disk', failure: checked.failure });
        await report(boot, { kind: 'refused', sequence: body.sequence, failure: checked.failure });
        return null;
      }
      const byFirmware = (await boot.environment.startDiskNext()) ? ({ byFirmware: true } as const) : {};
      await report(boot, { kind: 'leaving', how: 'boot-local', localBoot: checked.value, ...byFirmware });
      screen.show({ phase: `Starting the operating system on my disk: ${order.reason}`, waitingFor: null, progress: null });
      await boot.environment.leave();
      return { kind: 'left', why: order.reason };
    }
    case 'reboot':
      await boot.job.stop();
      await report(boot, { kind: 'leaving', how: 'reboot', localBoot: null });
      screen.show({ phase: `Rebooting: ${order.reason}` });
      await boot.environment.leave();
      return { kind: 'left', why: order.reason };
    default:
      return assertNever(order);
  }
};
