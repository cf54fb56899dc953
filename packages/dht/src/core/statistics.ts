import type { TableStatistics } from '../table/routing-table.ts';

/** What a node counted since it was made. */
export interface CoreStatistics {
  readonly table: TableStatistics;
  readonly packetsReceived: number;
  /** Packets that were no message, or did not answer anything that was asked. */
  readonly packetsMalformed: number;
  readonly packetsUnexpected: number;
  /** Packets not looked at: too many from one host, or in all. */
  readonly packetsRefused: number;
  readonly packetsSent: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly queriesSent: number;
  readonly queriesAnswered: number;
  /** Answers not sent, to stay within the bounds of what may be sent. */
  readonly answersWithheld: number;
}
