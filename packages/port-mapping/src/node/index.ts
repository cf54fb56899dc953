export { PortMapper, type MappedPort, type PortMapperOptions } from './port-mapper.ts';
