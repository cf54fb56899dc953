import { simulateIdleDht } from '@millrace/testkit';

// Prints what a node costs in an hour in which nobody asks for anything: its share of a simulated network's CPU.
const NODES = 300;
const HOUR_MS = 3_600_000;

const network = simulateIdleDht({ seed: 1, nodeCount: NODES });
network.run(HOUR_MS / 4); // until all have settled
const before = process.cpuUsage();
const { packets } = network.run(HOUR_MS);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    nodes: NODES,
    cpuSecondsPerHour: Math.round((user + system) / NODES / 1000) / 1000,
    packetsSentPerHour: Math.round(packets / NODES),
  }),
);
