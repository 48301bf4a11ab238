// At which switch port a machine was seen, by LLDP, in the spellings by which a person may name it. PURE.
import type { Fact } from '../../agent/protocol/facts.ts';

const textOf = (facts: readonly Fact[], name: string): string | null => {
  const found = facts.find((fact) => fact.name === name && !fact.filler);
  return typeof found?.value === 'string' ? found.value : null;
};

/** `PORT` and `SWITCH PORT`; empty where no switch was heard. */
export const switchPortsIn = (facts: readonly Fact[]): readonly string[] => {
  const [port, name] = [textOf(facts, 'network.port'), textOf(facts, 'network.switch')];
  return port === null ? [] : [port, ...(name === null ? [] : [`${name} ${port}`])];
};
