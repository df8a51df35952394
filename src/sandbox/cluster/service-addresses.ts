/** Gives out the addresses and ports of Services; each once, in no particular order that a client could rely on. */
export interface ServiceAddresses {
  clusterIP(): string;
  nodePort(): number;
}

const firstNodePort = 30_000;
const nodePortCount = 2768;

export function createServiceAddresses(): ServiceAddresses {
  let services = 0;
  let ports = 0;
  return {
    clusterIP() {
      services += 1;
      return `10.96.${Math.floor(services / 250) + 1}.${(services % 250) + 1}`;
    },
    nodePort() {
      ports += 1;
      return firstNodePort + ((ports * 7) % nodePortCount);
    },
  };
}

/** For dry-runs: real servers answer with an address that they do not take. */
export const dryAddresses: ServiceAddresses = { clusterIP: () => '10.96.0.0', nodePort: () => firstNodePort };
