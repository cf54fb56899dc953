export { type MappingWay, PortMappingError, type PortMappingErrorDetail } from './error.ts';
export {
  type ControlPoint,
  decodeFault,
  decodeSearchAnswer,
  encodeOrder,
  encodeSearch,
  findControlPoint,
  SEARCH_TARGETS,
} from './igd.ts';
export type { MappingAnswer, MappingRequest, Transport } from './mapping.ts';
export { decodeNatPmpAnswer, encodeNatPmpRequest, NAT_PMP_PORT } from './nat-pmp.ts';
export { decodePcpAnswer, encodePcpRequest, type PcpRequest } from './pcp.ts';
